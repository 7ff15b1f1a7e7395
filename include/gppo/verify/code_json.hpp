// SPDX-License-Identifier: Apache-2.0
//
// JSON of tests without loss: integers of Python have no bound, those of a JSON library have 64
// bits and turn into floats beyond. Here they keep their digits, as {"\u0001": "digits"}.
#pragma once

#include <nlohmann/json.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace gppo {

using Json = nlohmann::json;

/// The key of an object that stands for an integer too long for the library.
inline constexpr const char* long_integer_key = "\x01";

inline bool is_long_integer(const Json& value) {
    return value.is_object() && value.size() == 1 && value.begin().key() == long_integer_key;
}

/// `text` with each integer of 19 digits or more, outside texts, wrapped.
inline std::string wrap_long_integers(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size();) {
        std::size_t end = i + 1;
        if (text[i] == '"') {
            while (end < text.size() && text[end] != '"') end += text[end] == '\\' ? 2 : 1;
            end = end < text.size() ? end + 1 : text.size();
        } else if (text[i] == '-' || (text[i] >= '0' && text[i] <= '9')) {
            const auto last = text.find_first_not_of("0123456789+-.eE", i);
            end = last == text.npos ? text.size() : last;
            const std::string_view number = text.substr(i, end - i);
            const auto digits = number.substr(number.front() == '-');
            if (digits.size() >= 19 && digits.find_first_not_of("0123456789") == digits.npos &&
                digits.front() != '0') {
                out.append("{\"\\u0001\":\"").append(number).append("\"}");
                i = end;
                continue;
            }
        }
        out.append(text.substr(i, end - i));
        i = end;
    }
    return out;
}

/// As Json::parse without exceptions: discarded where `text` is not valid JSON.
inline Json parse_tests(std::string_view text) {
    return Json::parse(wrap_long_integers(text), nullptr, false);
}

}  // namespace gppo
