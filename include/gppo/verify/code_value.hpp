// SPDX-License-Identifier: Apache-2.0
//
// Values of Python as tagged JSON (sandbox/driver_values.hpp), and Python's == between them. A
// value from the sandbox is data whatever its class was, so no __eq__ of its own decides.
#pragma once

#include <gppo/verify/code_json.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

namespace gppo {

/// The tag of a tagged value, or "" for plain JSON.
inline std::string value_tag(const Json& value) {
    return value.is_object() && value.size() == 1 ? value.begin().key() : std::string();
}

/// Plain JSON as a tagged value: objects become dictionaries.
inline Json tagged(const Json& plain) {
    if (is_long_integer(plain)) return {{"i", plain[long_integer_key]}};
    if (plain.is_object()) {
        Json items = Json::array();
        for (const auto& [key, value] : plain.items())
            items.push_back(Json::array({key, tagged(value)}));
        return {{"d", items}};
    }
    if (!plain.is_array()) return plain;
    Json list = Json::array();
    for (const auto& value : plain) list.push_back(tagged(value));
    return list;
}

/// How answers are compared.
struct ValueEquality {
    bool tuples_are_lists = false;  ///< as LiveCodeBench and APPS, whose tests are JSON
    double tolerance = 0;           ///< relative and absolute, where the expected value is a float
};

namespace code_value {

/// {tag: text}; whoever writes answers of his own may write anything there.
inline bool is_text_of(const Json& v, const char* tag) {
    return value_tag(v) == tag && v.begin().value().is_string();
}

inline bool is_integer(const Json& v) {
    return v.is_number_integer() || v.is_boolean() || is_text_of(v, "i");
}
inline bool is_real(const Json& v) {
    return v.is_number_float() || is_text_of(v, "f");
}

inline double as_double(const Json& v) {
    if (v.is_boolean()) return v.get<bool>() ? 1.0 : 0.0;
    if (v.is_object()) return std::strtod(v.begin().value().get<std::string>().c_str(), nullptr);
    return v.get<double>();
}

/// Digits without leading zeros or plus sign.
inline std::string digits(const Json& v) {
    if (v.is_boolean()) return v.get<bool>() ? "1" : "0";
    std::string text = v.is_object() ? v.begin().value().get<std::string>() : v.dump();
    const bool minus = text.starts_with('-');
    const auto first = text.find_first_not_of("+-0");
    if (first == text.npos) return "0";
    return (minus ? "-" : "") + text.substr(first);
}

/// Python compares an integer with a float exactly.
inline bool same_integer_and_float(const Json& integer, double real) {
    if (!std::isfinite(real) || real != std::floor(real)) return false;
    std::array<char, 400> text;
    const auto end =
        std::to_chars(text.data(), text.data() + text.size(), real, std::chars_format::fixed, 0)
            .ptr;
    return digits(integer) == digits(Json{{"i", std::string(text.data(), end)}});
}

inline bool same_number(const Json& answer, const Json& expected, const ValueEquality& how) {
    if (is_integer(answer) && is_integer(expected)) return digits(answer) == digits(expected);
    const double a = as_double(answer), e = as_double(expected);
    if (how.tolerance > 0 && is_real(expected) && std::isfinite(e))
        return std::abs(a - e) <= how.tolerance * std::max(1.0, std::abs(e));
    if (is_integer(answer)) return same_integer_and_float(answer, e);
    if (is_integer(expected)) return same_integer_and_float(expected, a);
    return a == e;
}

}  // namespace code_value

inline bool same_value(const Json& answer, const Json& expected, const ValueEquality& how = {});

namespace code_value {

inline bool same_items(const Json& a, const Json& b, const ValueEquality& how) {
    if (!a.is_array() || !b.is_array() || a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i)
        if (!same_value(a[i], b[i], how)) return false;
    return true;
}

/// Every item of `b` in `a`, in any order. Items of a set are distinct, and so are a dictionary's.
inline bool same_set(const Json& a, const Json& b, const ValueEquality& how) {
    if (!a.is_array() || !b.is_array() || a.size() != b.size()) return false;
    // Sorted by their text, equal sets mostly stand in the same order; the rest is compared in
    // full.
    std::vector<std::string> left, right;
    for (const auto& item : a)
        left.push_back(item.dump(-1, ' ', false, Json::error_handler_t::replace));
    for (const auto& item : b)
        right.push_back(item.dump(-1, ' ', false, Json::error_handler_t::replace));
    std::sort(left.begin(), left.end());
    std::sort(right.begin(), right.end());
    if (left == right) return true;
    if (a.size() > 4096) return false;
    std::vector<bool> used(a.size());
    for (const auto& item : b) {
        bool found = false;
        for (std::size_t i = 0; i < a.size() && !found; ++i)
            if (!used[i] && same_value(a[i], item, how)) found = used[i] = true;
        if (!found) return false;
    }
    return true;
}

}  // namespace code_value

/// answer == expected, as Python says it of built-in values; NaN equals nothing.
inline bool same_value(const Json& answer, const Json& expected, const ValueEquality& how) {
    using namespace code_value;
    const auto number = [](const Json& v) { return is_integer(v) || is_real(v); };
    if (number(answer) || number(expected))
        return number(answer) && number(expected) && same_number(answer, expected, how);
    const std::string a = value_tag(answer), e = value_tag(expected);
    const auto sequence = [&](const Json& v, const std::string& tag) {
        return v.is_array() || (tag == "t" && how.tuples_are_lists);
    };
    if (sequence(answer, a) && sequence(expected, e))
        return same_items(answer.is_array() ? answer : answer["t"],
                          expected.is_array() ? expected : expected["t"], how);
    if (answer.is_object() != expected.is_object()) return false;
    if (!answer.is_object()) return answer == expected;
    if (a != e) return false;
    if (a == "t" || a == "l" || a == "n" || a == "c")
        return same_items(answer[a], expected[a], how);
    if (a == "s" || a == "d") return same_set(answer[a], expected[a], how);
    return a == "b" && answer[a] == expected[a];
}

}  // namespace gppo
