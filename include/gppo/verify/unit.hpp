// SPDX-License-Identifier: Apache-2.0
//
// Units behind a number: "cm", "square inches", "degrees", "dollars", "%". Known units of one
// dimension convert exactly; two unknown units are the same only if they are spelled the same.
#pragma once

#include <gppo/verify/answer_tokens.hpp>

#include <array>
#include <cctype>
#include <optional>
#include <string>
#include <string_view>

namespace gppo {

/// One of `name` is numerator / denominator of its dimension's base unit.
struct Unit {
    std::string_view name;
    std::string_view dimension;
    long numerator = 1, denominator = 1;
};

/// The unit of that name (lower case, singular), if it is known.
constexpr std::optional<Unit> find_unit(std::string_view name) noexcept {
    constexpr std::array<Unit, 46> units{{{"mm", "length", 1, 1000},
                                          {"millimeter", "length", 1, 1000},
                                          {"cm", "length", 1, 100},
                                          {"centimeter", "length", 1, 100},
                                          {"m", "length"},
                                          {"meter", "length"},
                                          {"metre", "length"},
                                          {"km", "length", 1000},
                                          {"kilometer", "length", 1000},
                                          {"in", "length", 254, 10'000},
                                          {"inch", "length", 254, 10'000},
                                          {"inche", "length", 254, 10'000},
                                          {"ft", "length", 3048, 10'000},
                                          {"foot", "length", 3048, 10'000},
                                          {"feet", "length", 3048, 10'000},
                                          {"yd", "length", 9144, 10'000},
                                          {"yard", "length", 9144, 10'000},
                                          {"mile", "length", 1'609'344, 1000},
                                          {"sec", "time"},
                                          {"second", "time"},
                                          {"min", "time", 60},
                                          {"minute", "time", 60},
                                          {"h", "time", 3600},
                                          {"hr", "time", 3600},
                                          {"hour", "time", 3600},
                                          {"day", "time", 86'400},
                                          {"week", "time", 604'800},
                                          {"mg", "mass", 1, 1'000'000},
                                          {"milligram", "mass", 1, 1'000'000},
                                          {"g", "mass", 1, 1000},
                                          {"gram", "mass", 1, 1000},
                                          {"kg", "mass"},
                                          {"kilogram", "mass"},
                                          {"lb", "pounds"},
                                          {"pound", "pounds"},
                                          {"ml", "volume", 1, 1000},
                                          {"milliliter", "volume", 1, 1000},
                                          {"liter", "volume"},
                                          {"litre", "volume"},
                                          {"degree", "angle"},
                                          {"deg", "angle"},
                                          {"dollar", "money"},
                                          {"cent", "money", 1, 100},
                                          {"year", "years"},
                                          {"month", "years", 1, 12},
                                          {"gallon", "gallons"}}};
    for (const Unit& unit : units)
        if (unit.name == name) return unit;
    return std::nullopt;
}

/// A unit's word in lower case without the plural s.
inline std::string unit_word(std::string_view word) {
    std::string name;
    for (const char c : word)
        name += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    if (name.size() > 2 && name.back() == 's' && !name.ends_with("ss")) name.pop_back();
    return name;
}

/// 1000 for "thousand", 12 for "dozen", …; 0 if the token is no such word.
inline long number_word(const AnswerToken& token) {
    if (!token.is_letters()) return 0;
    const std::string word = unit_word(token.value);
    if (word == "dozen") return 12;
    if (word == "hundred") return 100;
    if (word == "thousand") return 1000;
    if (word == "million") return 1'000'000;
    if (word == "billion") return 1'000'000'000;
    return word == "trillion" ? 1'000'000'000'000 : 0;
}

/// Words behind a number that change its value, so that they are never taken for a unit.
constexpr bool changes_value(std::string_view word) noexcept {
    constexpr std::array<std::string_view, 14> words{
        "half",   "halve", "third", "fourth", "quarter",   "fifth",      "sixth",
        "eighth", "tenth", "base",  "not",    "hundredth", "thousandth", "remainder"};
    for (const std::string_view other : words)
        if (word == other) return true;
    return false;
}

/// The text of the unit that `tokens` spell ("cm", "mile/hour", "square inch"), or nothing if they
/// are not a unit: a single letter might be a variable, so outside \text{} it must be known and
/// apart.
inline std::optional<std::string> unit_text(AnswerTokens tokens) {
    std::string text;
    for (std::size_t i = 0; i < tokens.size(); ++i) {
        const AnswerToken& t = tokens[i];
        const bool power = t.is('^') && i + 1 < tokens.size();
        if (power && tokens[i + 1].value == "degree") continue;
        if (t.is_letters()) {
            const std::string word = unit_word(t.value);
            const bool known = find_unit(word).has_value();
            const bool spaced = t.space_before && word.size() >= 3;
            const bool scale = i > 0 && tokens[i - 1].value == "degree" && word.size() == 1;
            if (changes_value(word)) return std::nullopt;
            if (t.kind == AnswerToken::Kind::word && !spaced && !scale &&
                !(known && (t.space_before || word.size() >= 2)))
                return std::nullopt;
            if (!text.empty() && is_letter(text.back())) text += ' ';
            text += word;
        } else if (t.value == "degree" || t.is('/')) {
            text += t.value;
        } else if (power && i > 0 && tokens[i + 1].kind == AnswerToken::Kind::number) {
            text += '^' + tokens[++i].value;
        } else {
            return std::nullopt;
        }
    }
    return text;
}

}  // namespace gppo
