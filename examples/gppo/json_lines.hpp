// SPDX-License-Identifier: Apache-2.0
//
// For commands that read JSON lines and write them again with more fields.
#pragma once

#include <gppo/core/error.hpp>
#include <gppo/data/jsonl.hpp>
#include <gppo/verify/boxed.hpp>

#include <nlohmann/json.hpp>

#include <cstdint>
#include <exception>
#include <string>
#include <string_view>

using OrderedJson = nlohmann::ordered_json;

/// f(line, row) for every line of a file, or of standard input for "-", that is not blank. What f
/// throws is thrown on with file and row before it.
template <class F>
void for_each_json_line(const std::string& input, F f) {
    const bool standard = input == "-";
    gppo::LineReader lines(standard ? "/dev/stdin" : input, 256u << 20);
    const gppo::JsonlOptions limits;
    for (std::string line; lines.next(line);) {
        if (gppo::trimmed(line).empty()) continue;
        try {
            gppo::expects(gppo::json_depth(line) <= limits.max_depth, "nested too deeply");
            f(line, lines.row());
        } catch (const std::exception& error) {
            const bool ours = dynamic_cast<const gppo::Error*>(&error) != nullptr;
            const bool json = dynamic_cast<const OrderedJson::parse_error*>(&error) == nullptr;
            throw gppo::Error((standard ? "stdin" : input) + ":" + std::to_string(lines.row()) +
                              ": " +
                              (ours   ? error.what()
                               : json ? "not a JSON object of the expected form"
                                      : "not valid JSON"));
        }
    }
}

/// Whether a value is a token id. JSON compares a number above 2^63 as if it were negative.
inline bool in_vocabulary(const OrderedJson& id, gppo::Index vocabulary) {
    return id.is_number_unsigned() &&
           id.get<std::uint64_t>() < static_cast<std::uint64_t>(vocabulary);
}

/// The line with the fields of `added` at its end, and its own bytes before them: numbers beyond 64
/// bits stay as they are. Only where the line has one of these fields already, has(name), is it
/// written anew with that replaced.
template <class Has>
std::string with_fields(const std::string& line, const OrderedJson& added, Has has) {
    const auto text = [](const OrderedJson& json) {
        return json.dump(-1, ' ', false, OrderedJson::error_handler_t::replace);
    };
    for (const auto& item : added.items())
        if (has(item.key())) {
            OrderedJson row = OrderedJson::parse(line);
            row.update(added);
            return text(row);
        }
    std::string_view row = gppo::trimmed(line);
    row = gppo::trimmed(row.substr(0, row.find_last_of('}')));
    return std::string(row) + ", " + text(added).substr(1);
}
