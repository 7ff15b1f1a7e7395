// SPDX-License-Identifier: Apache-2.0
//
// Reads JSON rows: one object a line (JSONL), or one array of objects (.json), also packed as .gz
// or .zst. A bad row goes to a quarantine list with its line and the reason; too many of them stop
// the run before it trains.
#pragma once

#include <gppo/core/error.hpp>
#include <gppo/core/json_depth.hpp>
#include <gppo/core/view.hpp>
#include <gppo/data/byte_source.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gppo {

/// Row numbers count from 1: lines of a JSONL file, elements of an array.
struct JsonRow {
    Index row = 0;
    nlohmann::json value;
};
struct BadRow {
    Index row = 0;
    std::string reason;
    std::string text;  ///< the row's first bytes
};

struct JsonlOptions {
    double max_bad_ratio = 0.01;            ///< more bad rows than this share are an Error
    std::size_t max_row_bytes = 64u << 20;  ///< a longer line is a bad row
    int max_depth = max_json_depth;         ///< deeper nesting is a bad row
};
struct JsonRows {
    std::vector<JsonRow> rows;
    std::vector<BadRow> quarantine;
};

/// The start of a text, for a message: at most 160 printable bytes.
inline std::string excerpt(std::string_view text) {
    std::string result(text.substr(0, 160));
    for (char& c : result)
        if (static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) >= 0x7F) c = '?';
    return text.size() > 160 ? result + "..." : result;
}

/// One JSON object, or the reason why `text` is none.
inline std::optional<nlohmann::json> parse_row(std::string_view text, const JsonlOptions& options,
                                               std::string& reason) {
    if (text.size() > options.max_row_bytes)
        reason = "longer than " + std::to_string(options.max_row_bytes) + " bytes";
    else if (json_depth(text) > options.max_depth)
        reason = "nested deeper than " + std::to_string(options.max_depth);
    else
        try {
            nlohmann::json value = nlohmann::json::parse(text);
            if (value.is_object()) return value;
            reason = std::string("not a JSON object but ") + value.type_name();
        } catch (const nlohmann::json::exception& error) {
            const std::string_view what = error.what();
            const auto bracket = what.find("] ");
            reason = excerpt(bracket == what.npos ? what : what.substr(bracket + 2));
        }
    return std::nullopt;
}

/// Throws Error if more rows of `name` are bad than allowed, or if none is left.
inline void check_rows(const JsonRows& read, const JsonlOptions& options, const std::string& name) {
    const std::size_t bad = read.quarantine.size(), all = bad + read.rows.size();
    expects(all > 0, [&] { return name + ": the dataset is empty"; });
    expects(static_cast<double>(bad) <= options.max_bad_ratio * static_cast<double>(all), [&] {
        const BadRow& first = read.quarantine.front();
        return name + ": " + std::to_string(bad) + " of " + std::to_string(all) +
               " rows are bad, the first at row " + std::to_string(first.row) + ": " +
               first.reason + "; repair them or allow a larger share";
    });
    expects(!read.rows.empty(), [&] {
        return name + ": no row can be used, row " + std::to_string(read.quarantine.front().row) +
               ": " + read.quarantine.front().reason;
    });
}

/// Reads lines of any length up to a limit; what is over the limit is skipped, not stored.
class LineReader {
  public:
    /// Throws Error naming the file if it cannot be opened or is a directory.
    LineReader(const std::string& path, std::size_t max_bytes)
        : max_bytes_(max_bytes), source_(open_bytes(path)) {}

    /// The next line without its end (LF or CRLF; a byte order mark is dropped). False at the end.
    bool next(std::string& line) {
        line.clear();
        bool any = false;
        for (;;) {
            if (at_ == filled_ && !fill()) break;
            any = true;
            const char* start = buffer_.data() + at_;
            const std::size_t left = filled_ - at_;
            const void* end = std::memchr(start, '\n', left);
            const std::size_t n =
                end ? static_cast<std::size_t>(static_cast<const char*>(end) - start) : left;
            // One byte over the limit is kept: that is how the caller sees it.
            line.append(start, std::min(n, max_bytes_ + 1 - std::min(line.size(), max_bytes_ + 1)));
            at_ += n + (end ? 1 : 0);
            if (end) break;
        }
        if (!any) return false;
        if (!line.empty() && line.back() == '\r') line.pop_back();
        if (row_++ == 0 && line.starts_with("\xEF\xBB\xBF")) line.erase(0, 3);
        return true;
    }
    Index row() const { return row_; }

  private:
    bool fill() {
        at_ = 0;
        filled_ = source_->read(buffer_.data(), buffer_.size());
        return filled_ > 0;
    }

    std::size_t max_bytes_;
    std::unique_ptr<ByteSource> source_;
    std::vector<char> buffer_ = std::vector<char>(1 << 16);
    std::size_t at_ = 0, filled_ = 0;
    Index row_ = 0;
};

/// The elements of a file that is one JSON array. Throws Error where it is not valid JSON.
inline JsonRows read_json_array(const std::string& path, const JsonlOptions& options) {
    LineReader reader(path, static_cast<std::size_t>(-2));
    std::string text;
    for (std::string line; reader.next(line);) text += line + '\n';
    JsonRows result;
    expects(json_depth(text) <= options.max_depth + 1,
            [&] { return path + ": nested deeper than " + std::to_string(options.max_depth); });
    nlohmann::json array;
    try {
        array = nlohmann::json::parse(text);
    } catch (const nlohmann::json::exception& error) {
        throw Error(path + ": not a valid JSON array: " + error.what());
    }
    for (Index row = 1; nlohmann::json & value : array) {
        if (value.is_object())
            result.rows.push_back({row, std::move(value)});
        else
            result.quarantine.push_back({row,
                                         std::string("not a JSON object but ") + value.type_name(),
                                         excerpt(value.dump(-1, ' ', true))});
        ++row;
    }
    return result;
}

/// All rows of a .jsonl or .json file. Empty lines are no rows. Throws Error naming the file if it
/// is missing, holds no row, or holds more bad rows than options.max_bad_ratio.
inline JsonRows read_jsonl(const std::string& path, const JsonlOptions& options = {}) {
    JsonRows result;
    LineReader reader(path, options.max_row_bytes);
    for (std::string line; reader.next(line);) {
        const auto first = line.find_first_not_of(" \t");
        if (first == line.npos) continue;
        if (result.rows.empty() && result.quarantine.empty() && line[first] == '[') {
            result = read_json_array(path, options);
            break;
        }
        std::string reason;
        if (auto value = parse_row(line, options, reason))
            result.rows.push_back({reader.row(), std::move(*value)});
        else
            result.quarantine.push_back({reader.row(), reason, excerpt(line)});
    }
    check_rows(result, options, path);
    return result;
}

}  // namespace gppo
