// SPDX-License-Identifier: Apache-2.0
//
// One row per configuration key: where the value lives, what it means, what it may be. A section is
// a plain aggregate with defaults and one describe() that lists its rows; reading, overriding,
// dumping and --help all walk the same list, so a new key is one line in the struct and one in
// describe().
#pragma once

#include <gppo/core/error.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// A value of any shape that is handed on as JSON, e.g. the parameters of a policy.
using FreeTable = nlohmann::ordered_json;

using Strings = std::vector<std::string>;
using Integers = std::vector<std::int64_t>;
using Tables = std::vector<FreeTable>;

/// Where a key's value lives.
using Slot = std::variant<bool*, std::int64_t*, double*, std::string*, Strings*, Integers*,
                          FreeTable*, Tables*>;

/// What a key may be: numbers in [low, high] (above `low` where `open`), strings among `choices`.
struct Limit {
    double low = -std::numeric_limits<double>::infinity();
    double high = std::numeric_limits<double>::infinity();
    bool open = false;
    std::vector<std::string> choices = {};
};
inline Limit at_least(double low) {
    return {.low = low};
}
inline Limit above(double low) {
    return {.low = low, .open = true};
}
inline Limit between(double low, double high) {
    return {.low = low, .high = high};
}
inline Limit one_of(std::vector<std::string> choices) {
    return {.choices = std::move(choices)};
}

struct Field {
    std::string section;
    std::string key;
    std::string help;
    Slot slot;
    Limit limit;
    std::string name() const { return section + "." + key; }
};

/// The visitor of describe(): collects the rows of one section after the other.
class FieldList {
  public:
    template <class T>
    void operator()(std::string key, T& value, std::string help, Limit limit = {}) {
        fields.push_back(
            {section_, std::move(key), std::move(help), Slot{&value}, std::move(limit)});
    }
    template <class Section>
    void section(std::string name, Section& values) {
        section_ = std::move(name);
        describe(*this, values);
    }

    /// Null when there is no such key.
    const Field* find(std::string_view section, std::string_view key) const {
        for (const Field& field : fields)
            if (field.section == section && field.key == key) return &field;
        return nullptr;
    }
    bool has_section(std::string_view name) const {
        return std::any_of(fields.begin(), fields.end(),
                           [&](const Field& field) { return field.section == name; });
    }

    std::vector<Field> fields;

  private:
    std::string section_;
};

/// Number of single-letter insertions, deletions, replacements and swaps of neighbours that turn
/// one word into the other (optimal string alignment distance).
inline std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] != b[j - 1])});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = std::min(row[j], before[j - 2] + 1);
        }
        before.swap(last);
        last.swap(row);
    }
    return last[b.size()];
}

/// The candidate closest to `word`; empty when there are none.
inline std::string nearest(std::string_view word, const std::vector<std::string>& candidates) {
    const auto closest = std::min_element(
        candidates.begin(), candidates.end(), [&](const std::string& a, const std::string& b) {
            return edit_distance(word, a) < edit_distance(word, b);
        });
    return closest == candidates.end() ? std::string() : *closest;
}
