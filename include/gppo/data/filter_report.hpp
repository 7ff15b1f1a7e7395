// SPDX-License-Identifier: Apache-2.0
//
// What a filter did, in one form for all of them: rows in, rows out, how many went for each reason,
// and examples to look at.
#pragma once

#include <gppo/core/view.hpp>

#include <nlohmann/json.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gppo {

/// A row that a filter took out. `row` counts from 1, as lines do.
struct FilterExample {
    std::string file;
    Index row = 0;
    std::string why;
    nlohmann::ordered_json detail;  ///< an object: what the filter saw
};

/// Every row that came in either came out or has one reason.
struct FilterReport {
    std::string filter;
    nlohmann::ordered_json settings = nlohmann::ordered_json::object();
    std::size_t max_examples = 10;  ///< for each reason, the first ones
    Index in = 0, out = 0;
    std::vector<std::pair<std::string, Index>> why{};  ///< reasons as they first came, with counts
    std::vector<FilterExample> examples{};
    nlohmann::ordered_json more = nlohmann::ordered_json::object();  ///< a filter's own figures

    void keep() { ++in, ++out; }

    void drop(FilterExample example) {
        ++in;
        auto entry = why.begin();
        while (entry != why.end() && entry->first != example.why) ++entry;
        if (entry == why.end()) entry = why.insert(why.end(), {example.why, 0});
        if (static_cast<std::size_t>(++entry->second) <= max_examples)
            examples.push_back(std::move(example));
    }

    /// Rows taken out for this reason.
    Index count(std::string_view reason) const {
        for (const auto& [name, rows] : why)
            if (name == reason) return rows;
        return 0;
    }

    nlohmann::ordered_json json() const {
        nlohmann::ordered_json reasons = nlohmann::ordered_json::object();
        for (const auto& [reason, rows] : why) reasons[reason] = rows;
        nlohmann::ordered_json shown = nlohmann::ordered_json::array();
        for (const FilterExample& e : examples) {
            shown.push_back({{"file", e.file}, {"row", e.row}, {"why", e.why}});
            if (e.detail.is_object()) shown.back().update(e.detail);
        }
        nlohmann::ordered_json report{{"filter", filter}, {"settings", settings},
                                      {"in", in},         {"out", out},
                                      {"why", reasons},   {"examples", shown}};
        report.update(more);
        return report;
    }
};

}  // namespace gppo
