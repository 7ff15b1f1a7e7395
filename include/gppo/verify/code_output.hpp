// SPDX-License-Identifier: Apache-2.0
//
// Is what a program printed what was expected? Four rules; the strictest that a data set was made
// for is the right one. The comparison is ours and runs outside the sandbox.
#pragma once

#include <gppo/verify/boxed.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace gppo {

/// exact: the same bytes. whitespace: the same lines, blanks at their ends and empty lines at the
/// text's ends left out. decimal: as LiveCodeBench, a line may instead hold the same decimal
/// numbers. tolerance: words are equal, or numbers within the tolerance where the expected one has
/// a point or an exponent.
enum class OutputRule { exact, whitespace, decimal, tolerance };

constexpr std::optional<OutputRule> output_rule(std::string_view name) noexcept {
    if (name == "exact") return OutputRule::exact;
    if (name == "whitespace") return OutputRule::whitespace;
    if (name == "decimal") return OutputRule::decimal;
    if (name == "tolerance") return OutputRule::tolerance;
    return std::nullopt;
}

/// Lines without blanks at their ends; none for an empty text.
inline std::vector<std::string_view> stripped_lines(std::string_view text) {
    std::vector<std::string_view> lines;
    text = trimmed(text);
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        lines.push_back(trimmed(text.substr(0, end)));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return lines;
}

inline std::vector<std::string_view> words_of(std::string_view line) {
    std::vector<std::string_view> words;
    for (line = trimmed(line); !line.empty(); line = trimmed(line)) {
        const auto end = std::min(line.find_first_of(" \t\r\n\f\v"), line.size());
        words.push_back(line.substr(0, end));
        line.remove_prefix(end);
    }
    return words;
}

/// A decimal number: value = digits · 10^exponent, no zeros at either end of the digits.
struct DecimalText {
    bool negative = false;
    std::string digits;
    std::int64_t exponent = 0;
    bool operator==(const DecimalText&) const = default;
};

/// The number that `word` writes, exactly; nothing if it writes none.
inline std::optional<DecimalText> decimal_text(std::string_view word) {
    DecimalText number;
    if (word.starts_with('-') || word.starts_with('+')) {
        number.negative = word.front() == '-';
        word.remove_prefix(1);
    }
    bool point = false, any = false;
    std::size_t i = 0;
    for (; i < word.size(); ++i) {
        if (word[i] == '.' && !point) {
            point = true;
        } else if (word[i] >= '0' && word[i] <= '9') {
            any = true;
            number.digits += word[i];
            number.exponent -= point;
        } else {
            break;
        }
    }
    if (!any) return std::nullopt;
    if (i < word.size()) {
        if (word[i] != 'e' && word[i] != 'E') return std::nullopt;
        std::string_view power = word.substr(i + 1);
        if (power.starts_with('+')) power.remove_prefix(1);
        std::int64_t e = 0;
        const auto [end, code] = std::from_chars(power.data(), power.data() + power.size(), e);
        if (power.empty() || code != std::errc() || end != power.data() + power.size() ||
            std::abs(e) > 1'000'000'000)
            return std::nullopt;
        number.exponent += e;
    }
    while (!number.digits.empty() && number.digits.back() == '0') {
        number.digits.pop_back();
        ++number.exponent;
    }
    number.digits.erase(0, std::min(number.digits.find_first_not_of('0'), number.digits.size()));
    if (number.digits.empty()) return DecimalText{};
    return number;
}

inline bool same_decimals(std::string_view answer, std::string_view expected) {
    const auto a = words_of(answer), e = words_of(expected);
    if (a.size() != e.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i) {
        const auto x = decimal_text(a[i]), y = decimal_text(e[i]);
        if (!x || !y || *x != *y) return false;
    }
    return true;
}

inline bool same_within(std::string_view answer, std::string_view expected, double tolerance) {
    if (answer == expected) return true;
    if (!decimal_text(answer) || !decimal_text(expected)) return false;
    const auto integer = expected.find_first_of(".eE") == expected.npos;
    if (integer) return decimal_text(answer) == decimal_text(expected);
    const double a = std::strtod(std::string(answer).c_str(), nullptr);
    const double e = std::strtod(std::string(expected).c_str(), nullptr);
    return std::isfinite(a) && std::abs(a - e) <= tolerance * std::max(1.0, std::abs(e));
}

inline bool same_output(std::string_view answer, std::string_view expected, OutputRule rule,
                        double tolerance = 1e-6) {
    if (answer == expected) return true;
    if (rule == OutputRule::exact) return false;
    if (rule == OutputRule::tolerance) {
        const auto a = words_of(answer), e = words_of(expected);
        return std::equal(a.begin(), a.end(), e.begin(), e.end(),
                          [&](auto x, auto y) { return same_within(x, y, tolerance); });
    }
    const auto a = stripped_lines(answer), e = stripped_lines(expected);
    return std::equal(a.begin(), a.end(), e.begin(), e.end(), [&](auto x, auto y) {
        return x == y || (rule == OutputRule::decimal && same_decimals(x, y));
    });
}

}  // namespace gppo
