// SPDX-License-Identifier: Apache-2.0
//
// Lower case of UTF-8 text, character by character as Python's str.lower() has it, the final sigma
// and the dotted capital I included: tools written in Python compare lower-cased text, and their
// findings are ours only where every character agrees.
#pragma once

#include <gppo/text/unicode_lower_case.hpp>
#include <gppo/text/utf8.hpp>

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <span>
#include <string>
#include <string_view>

namespace gppo {

namespace unicode {

/// Whether c lies in one of the ranges, given as first and last, ascending.
inline bool in_ranges(std::span<const char32_t> ranges, char32_t c) noexcept {
    const auto after = std::upper_bound(ranges.begin(), ranges.end(), c) - ranges.begin();
    return after % 2 == 1 || (after > 0 && ranges[static_cast<std::size_t>(after - 1)] == c);
}

/// The one character that is the lower case of c: c itself where it has none.
constexpr char32_t lower(char32_t c) noexcept {
    if (c < 0x80) return c >= U'A' && c <= U'Z' ? c + 32 : c;
    const auto* run =
        std::upper_bound(std::begin(lower_case), std::end(lower_case), c,
                         [](char32_t value, const LowerCaseRun& r) { return value < r.first; });
    if (run == std::begin(lower_case)) return c;
    --run;
    const bool in = c <= run->last && (c - run->first) % static_cast<char32_t>(run->step) == 0;
    return in ? static_cast<char32_t>(static_cast<std::int32_t>(c) + run->delta) : c;
}

/// Whether the capital sigma that ends at `end` and begins 2 bytes before is the last letter of a
/// word: something with case before it, nothing with case after it, ignored characters aside.
inline bool final_sigma(std::string_view text, std::size_t end) noexcept {
    bool before = false;
    for (std::size_t at = end - 2; at > 0;) {
        std::size_t start = at - 1;
        while (start > 0 && (static_cast<unsigned char>(text[start]) & 0xC0) == 0x80) --start;
        const char32_t c = decode_utf8(text, start).value;
        at = start;
        if (in_ranges(case_ignored, c)) continue;
        before = in_ranges(cased, c);
        break;
    }
    if (!before) return false;
    while (end < text.size()) {
        const CodePoint c = decode_utf8(text, end);
        end += c.bytes;
        if (in_ranges(case_ignored, c.value)) continue;
        return !in_ranges(cased, c.value);
    }
    return true;
}

}  // namespace unicode

/// Appends the text in lower case. Bytes that are no UTF-8 become U+FFFD.
inline void append_lower(std::string& out, std::string_view text) {
    for (std::size_t at = 0; at < text.size();) {
        const CodePoint c = decode_utf8(text, at);
        at += c.bytes;
        if (c.value == 0x130)
            out += "i\u0307";  // the only one with two characters
        else if (c.value == 0x3A3)
            append_utf8(out, unicode::final_sigma(text, at) ? 0x3C2 : 0x3C3);
        else
            append_utf8(out, unicode::lower(c.value));
    }
}

inline std::string lower_case(std::string_view text) {
    std::string out;
    append_lower(out, text);
    return out;
}

}  // namespace gppo
