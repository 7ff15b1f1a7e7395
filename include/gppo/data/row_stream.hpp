// SPDX-License-Identifier: Apache-2.0
//
// Rows of a file one after the other, each with its own bytes, so that a filter can pass on what it
// keeps unchanged and needs no memory for the rest.
#pragma once

#include <gppo/core/error.hpp>
#include <gppo/data/jsonl.hpp>

#include <nlohmann/json.hpp>

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gppo {

/// One row: `text` is its line as it was read (an element of an array as JSON text).
struct StreamRow {
    Index row = 0;
    std::string text;
    nlohmann::json value;
};

/// What a row is asked: empty where it can be used, the reason where it is bad.
using TakeRow = std::function<std::string(StreamRow&)>;

/// take(row) for every row of a .jsonl file or a JSON array. Rows that are no JSON objects, and
/// those that `take` finds bad, go to the quarantine that is returned. Throws Error at the end if
/// these are more than options.max_bad_ratio allows: undo then what was done with the others.
inline std::vector<BadRow> for_each_row(const std::string& path, const JsonlOptions& options,
                                        const TakeRow& take) {
    JsonRows counted;  // what check_rows() looks at: rows without values
    const auto give = [&](StreamRow row) {
        if (std::string reason = take(row); reason.empty())
            counted.rows.push_back({row.row, nullptr});
        else
            counted.quarantine.push_back({row.row, std::move(reason), excerpt(row.text)});
    };
    LineReader reader(path, options.max_row_bytes);
    for (std::string line; reader.next(line);) {
        const auto first = line.find_first_not_of(" \t");
        if (first == line.npos) continue;
        if (counted.rows.empty() && counted.quarantine.empty() && line[first] == '[') {
            JsonRows array = read_json_array(path, options);
            counted.quarantine = std::move(array.quarantine);
            for (JsonRow& row : array.rows) give({row.row, row.value.dump(), std::move(row.value)});
            break;
        }
        std::string reason;
        if (auto value = parse_row(line, options, reason))
            give({reader.row(), line, std::move(*value)});
        else
            counted.quarantine.push_back({reader.row(), reason, excerpt(line)});
    }
    check_rows(counted, options, path);
    return std::move(counted.quarantine);
}

/// f(row number, text) for every line that is not blank, or element of an array, unread: a second
/// look at a file that for_each_row() has been through.
inline void for_each_line(const std::string& path, const JsonlOptions& options,
                          const std::function<void(Index, std::string_view)>& f) {
    LineReader reader(path, options.max_row_bytes);
    bool started = false;
    for (std::string line; reader.next(line);) {
        const auto first = line.find_first_not_of(" \t");
        if (first == line.npos) continue;
        if (!started && line[first] == '[') {
            for (const JsonRow& row : read_json_array(path, options).rows)
                f(row.row, row.value.dump());
            return;
        }
        started = true;
        f(reader.row(), line);
    }
}

}  // namespace gppo
