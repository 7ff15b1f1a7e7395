// SPDX-License-Identifier: Apache-2.0
//
// Units behind a number: "cm", "square inches", "miles per hour", "degrees", "dollars". Known units
// of one dimension convert exactly; two unknown units are the same only if they are spelled the
// same.
#pragma once

#include <gppo/verify/answer_tokens.hpp>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gppo {

/// What a unit measures. Days and years stay apart: a year has no fixed number of days.
enum class Quality : std::uint8_t {
    // clang-format off
    length, time, mass, money, angle, year, pound, gallon, temperature, fahrenheit, euro, count
    // clang-format on
};
inline constexpr std::size_t qualities = static_cast<std::size_t>(Quality::count);

/// One of `name` is numerator / denominator of the base unit of `quality` to the power `power`.
struct Unit {
    std::string_view name;
    Quality quality;
    long numerator = 1, denominator = 1;
    int power = 1;
};

inline constexpr std::array<Unit, 78> known_units{
    {{"mm", Quality::length, 1, 1000},
     {"millimeter", Quality::length, 1, 1000},
     {"millimetre", Quality::length, 1, 1000},
     {"cm", Quality::length, 1, 100},
     {"centimeter", Quality::length, 1, 100},
     {"centimetre", Quality::length, 1, 100},
     {"dm", Quality::length, 1, 10},
     {"m", Quality::length},
     {"meter", Quality::length},
     {"metre", Quality::length},
     {"km", Quality::length, 1000},
     {"kilometer", Quality::length, 1000},
     {"kilometre", Quality::length, 1000},
     {"in", Quality::length, 254, 10'000},
     {"inch", Quality::length, 254, 10'000},
     {"inche", Quality::length, 254, 10'000},
     {"ft", Quality::length, 3048, 10'000},
     {"foot", Quality::length, 3048, 10'000},
     {"feet", Quality::length, 3048, 10'000},
     {"yd", Quality::length, 9144, 10'000},
     {"yard", Quality::length, 9144, 10'000},
     {"mi", Quality::length, 1'609'344, 1000},
     {"mile", Quality::length, 1'609'344, 1000},
     {"sec", Quality::time},
     {"s", Quality::time},
     {"second", Quality::time},
     {"min", Quality::time, 60},
     {"minute", Quality::time, 60},
     {"h", Quality::time, 3600},
     {"hr", Quality::time, 3600},
     {"hour", Quality::time, 3600},
     {"day", Quality::time, 86'400},
     {"week", Quality::time, 604'800},
     {"mg", Quality::mass, 1, 1'000'000},
     {"milligram", Quality::mass, 1, 1'000'000},
     {"g", Quality::mass, 1, 1000},
     {"gram", Quality::mass, 1, 1000},
     {"kg", Quality::mass},
     {"kilogram", Quality::mass},
     {"ton", Quality::mass, 1000},
     {"tonne", Quality::mass, 1000},
     {"lb", Quality::pound},
     {"pound", Quality::pound},
     {"oz", Quality::pound, 1, 16},
     {"ounce", Quality::pound, 1, 16},
     {"ml", Quality::length, 1, 1'000'000, 3},
     {"milliliter", Quality::length, 1, 1'000'000, 3},
     {"millilitre", Quality::length, 1, 1'000'000, 3},
     {"l", Quality::length, 1, 1000, 3},
     {"liter", Quality::length, 1, 1000, 3},
     {"litre", Quality::length, 1, 1000, 3},
     {"degree", Quality::angle},
     {"deg", Quality::angle},
     {"dollar", Quality::money},
     {"usd", Quality::money},
     {"cent", Quality::money, 1, 100},
     {"euro", Quality::euro},
     {"eur", Quality::euro},
     {"year", Quality::year},
     {"yr", Quality::year},
     {"month", Quality::year, 1, 12},
     {"gallon", Quality::gallon},
     {"gal", Quality::gallon},
     {"quart", Quality::gallon, 1, 4},
     {"pint", Quality::gallon, 1, 8},
     {"celsius", Quality::temperature},
     {"degree c", Quality::temperature},
     {"fahrenheit", Quality::fahrenheit},
     {"degree f", Quality::fahrenheit},
     {"acre", Quality::length, 40'468'564'224, 10'000'000, 2},
     {"hectare", Quality::length, 10'000, 1, 2},
     {"ha", Quality::length, 10'000, 1, 2},
     {"minut", Quality::time, 60},
     {"ms", Quality::time, 1, 1000},
     {"millisecond", Quality::time, 1, 1000},
     {"decade", Quality::year, 10},
     {"score", Quality::year, 20},
     {"centurie", Quality::year, 100}}};

/// The unit of that name (lower case, singular), if it is known.
constexpr std::optional<Unit> find_unit(std::string_view name) noexcept {
    for (const Unit& unit : known_units)
        if (unit.name == name) return unit;
    return std::nullopt;
}

/// A unit's word in lower case without the plural s.
inline std::string unit_word(std::string_view word) {
    std::string name;
    for (const char c : word)
        name += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    if (name == "hrs" || name == "lbs" || name == "mins" || name == "secs") name.pop_back();
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

/// Words behind a number that change its value or join it to another, so never a unit.
constexpr bool changes_value(std::string_view word) noexcept {
    constexpr std::array<std::string_view, 26> words{
        "half",    "halve",  "third",   "fourth", "quarter",   "fifth",      "sixth",
        "eighth",  "tenth",  "base",    "not",    "hundredth", "thousandth", "remainder",
        "and",     "or",     "minus",   "plus",   "times",     "mod",        "if",
        "percent", "except", "squared", "cubed",  "to"};
    for (const std::string_view other : words)
        if (word == other) return true;
    return false;
}

/// A unit as numbers: one of it is numerator / denominator base units with these powers.
struct UnitValue {
    std::array<int, qualities> powers{};
    long numerator = 1, denominator = 1;

    /// Times up / down; false where that is too large.
    constexpr bool scale(long up, long down) noexcept {
        return !__builtin_mul_overflow(numerator, up, &numerator) &&
               !__builtin_mul_overflow(denominator, down, &denominator);
    }
};

/// The powers and the factor of a unit's text, or nothing if a word is unknown or too large.
inline std::optional<UnitValue> unit_value(std::string_view text) {
    UnitValue value;
    int sign = 1, next_power = 1;
    while (!text.empty()) {
        if (text[0] == ' ' || text[0] == '*' || text[0] == '/') {
            if (text[0] == '/') sign = -1;
            text.remove_prefix(1);
            continue;
        }
        const auto end = std::min(text.find_first_of(" */^"), text.size());
        std::string_view word = text.substr(0, end);
        text.remove_prefix(end);
        if (word == "square" || word == "sq" || word == "cubic") {
            next_power = word == "cubic" ? 3 : 2;
            continue;
        }
        if (word == "mph" || word == "kph") {
            if (sign < 0 || !value.scale(word == "mph" ? 1'609'344 : 1'000'000, 3'600'000))
                return std::nullopt;
            ++value.powers[0], --value.powers[1];
            continue;
        }
        const auto unit = find_unit(word);
        if (!unit) return std::nullopt;
        int power = std::exchange(next_power, 1);
        if (!text.empty() && text[0] == '^') {
            const bool negative = text.size() > 1 && text[1] == '-';
            const std::size_t at = negative ? 2 : 1;
            if (text.size() <= at || !is_digit(text[at])) return std::nullopt;
            power *= (negative ? -1 : 1) * (text[at] - '0');
            text.remove_prefix(at + 1);
        }
        power *= sign;
        value.powers[static_cast<std::size_t>(unit->quality)] += power * unit->power;
        for (int k = 0; k < std::abs(power); ++k) {
            const long up = power > 0 ? unit->numerator : unit->denominator;
            const long down = power > 0 ? unit->denominator : unit->numerator;
            if (!value.scale(up, down)) return std::nullopt;
        }
    }
    return value;
}

/// The text of the unit that `tokens` spell ("cm", "mile/hour", "square inch"), or nothing if they
/// are not a unit: a single letter might be a variable, so outside \text{} it must be known and
/// apart, and `letters` must allow it. Plain "units" is the empty unit.
inline std::optional<std::string> unit_text(AnswerTokens tokens, bool letters = true) {
    std::string text;
    bool divided = false;
    for (std::size_t i = 0; i < tokens.size(); ++i) {
        const AnswerToken& t = tokens[i];
        const bool power = t.is('^') && i + 1 < tokens.size();
        const AnswerToken* next = i + 1 < tokens.size() ? &tokens[i + 1] : nullptr;
        if (power && next->value == "degree") continue;
        if (power && (next->value == "th" || next->value == "st" || next->value == "nd" ||
                      next->value == "rd")) {
            ++i;
        } else if (t.is_letters()) {
            const std::string word = unit_word(t.value);
            const bool known = find_unit(word).has_value() || word == "mph" || word == "kph";
            const bool capitals = t.value.find_first_of("abcdefghijklmnopqrstuvwxyz") ==
                                  t.value.npos;  // ABC is a triangle
            const bool spaced = t.space_before && word.size() >= 3 && !capitals;
            if ((word == "squared" || word == "cubed") && !text.empty() && is_letter(text.back())) {
                text += word == "squared" ? "^2" : "^3";
                continue;
            }
            const bool scale = i > 0 && tokens[i - 1].value == "degree" && word.size() == 1;
            if (changes_value(word) || (word.size() == 1 && !letters && !divided &&
                                        t.kind == AnswerToken::Kind::word && !scale))
                return std::nullopt;
            if (t.kind == AnswerToken::Kind::word && !spaced && !scale && !divided &&
                !(known && (t.space_before || word.size() >= 2)))
                return std::nullopt;
            if (word == "of" || word == "in" ? i == 0 && !known : false) continue;
            if (word == "per") {
                text += '/';
                divided = true;
                continue;
            }
            if (!text.empty() && text.back() != '/' && text.back() != '*') text += ' ';
            text += word;
        } else if (t.is('/') || t.is('*')) {
            if (text.empty()) return std::nullopt;
            text += t.value;
            divided = true;
        } else if (t.value == "degree" || t.value == "dollar" || t.value == "cent" ||
                   t.value == "euro" || t.value == "yen" || t.value == "sterling") {
            text += t.value;
        } else if (power && !text.empty() && next->kind == AnswerToken::Kind::number) {
            text += '^' + tokens[++i].value;
        } else if (power && !text.empty() && i + 4 < tokens.size() && next->is('{') &&
                   tokens[i + 2].is('-') && tokens[i + 4].is('}')) {
            text += "^-" + tokens[i + 3].value;
            i += 4;
        } else if (!(t.is('.') && !text.empty())) {  // the point of "sq. units"
            return std::nullopt;
        }
    }
    if (text == "radian" || text == "rad" || text == "unit" || text == "square unit" ||
        text == "sq unit" || text == "cubic unit")
        return std::string();
    return text;
}

/// Whether a number with one unit may be compared with a number with the other.
enum class UnitMatch { same, convertible, different, unknown };

inline UnitMatch match_units(std::string_view a, std::string_view b) {
    if (a == b || a.empty() || b.empty()) return UnitMatch::same;
    if (a.starts_with("degree") && b.starts_with("degree") && (a == "degree" || b == "degree"))
        return UnitMatch::same;
    if (a.starts_with("degree ") && b.starts_with("degree ")) return UnitMatch::different;
    const auto x = unit_value(a), y = unit_value(b);
    if (!x || !y) return UnitMatch::unknown;
    return x->powers == y->powers ? UnitMatch::convertible : UnitMatch::different;
}

}  // namespace gppo
