// SPDX-License-Identifier: Apache-2.0
//
// What a character is, one look-up each: letter, number, mark, white space (Unicode general
// categories, by the tables of the regex library that transformers' tokenizers use), and whether
// normalisation could change it.
#pragma once

#include <gppo/text/unicode_classes.hpp>
#include <gppo/text/unicode_compositions.hpp>
#include <gppo/text/unicode_decompositions.hpp>

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <span>
#include <vector>

namespace gppo::unicode {

/// Bits of character_class().
enum Class : std::uint8_t {
    letter = 1,     ///< \p{L}
    number = 2,     ///< \p{N}
    mark = 4,       ///< \p{M}
    space = 8,      ///< \s
    unsettled = 16  ///< NFC may replace, reorder or compose it
};

/// Hangul syllables are composed by formula (Unicode Standard 3.12).
inline constexpr char32_t hangul_syllables = 0xAC00, hangul_leads = 0x1100, hangul_vowels = 0x1161,
                          hangul_tails = 0x11A7;
inline constexpr char32_t lead_count = 19, vowel_count = 21, tail_count = 28;

/// Class bits of every code point, U+0000 to U+10FFFF.
inline std::vector<std::uint8_t> make_class_table() {
    std::vector<std::uint8_t> table(0x110000);
    const auto set = [&](char32_t first, char32_t last, Class bit) {
        for (std::size_t c = first; c <= last; ++c)
            table[c] = static_cast<std::uint8_t>(table[c] | bit);
    };
    const auto set_ranges = [&](std::span<const char32_t> list, std::size_t stride, Class bit) {
        for (std::size_t i = 0; i < list.size(); i += stride) set(list[i], list[i + 1], bit);
    };
    set_ranges(letters, 2, letter);
    set_ranges(numbers, 2, number);
    set_ranges(marks, 2, mark);
    set_ranges(spaces, 2, space);
    set_ranges(combining, 3, unsettled);
    for (std::size_t i = 0; i < std::size(singletons); i += 2)
        set(singletons[i], singletons[i], unsettled);
    for (std::size_t i = 0; i < std::size(excluded); i += 2 + excluded[i + 1])
        set(excluded[i], excluded[i], unsettled);
    for (std::size_t i = 1; i < std::size(compositions); i += 3)
        set(compositions[i], compositions[i], unsettled);
    set(hangul_vowels, hangul_vowels + vowel_count - 1, unsettled);
    set(hangul_tails + 1, hangul_tails + tail_count - 1, unsettled);
    return table;
}

/// The table, built at the first call (about 0.3 ms, 1.1 MB).
inline const std::uint8_t* class_table() {
    static const std::vector<std::uint8_t> table = make_class_table();
    return table.data();
}

}  // namespace gppo::unicode
