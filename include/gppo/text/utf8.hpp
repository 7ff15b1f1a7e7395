// SPDX-License-Identifier: Apache-2.0
//
// UTF-8, with one policy for bytes that are not: each maximal ill-formed part reads as one U+FFFD
// (Unicode 3.9, "U+FFFD Substitution of Maximal Subparts"; what Python's errors="replace" and
// Rust's from_utf8_lossy do).
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

namespace gppo {

inline constexpr char32_t replacement_character = 0xFFFD;

/// One character read from UTF-8.
struct CodePoint {
    char32_t value;     ///< U+FFFD where the bytes are ill-formed
    std::size_t bytes;  ///< how many bytes it took, at least 1
    bool valid;
    bool cut;  ///< ill-formed only because the text ends: more bytes could complete it
};

/// The character at byte `at`. Requires at < text.size().
constexpr CodePoint decode_utf8(std::string_view text, std::size_t at) noexcept {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[at + i]); };
    const unsigned lead = byte(0);
    if (lead < 0x80) return {lead, 1, true, false};
    const std::size_t length = lead < 0xC2   ? 0
                               : lead < 0xE0 ? 2
                               : lead < 0xF0 ? 3
                               : lead < 0xF5 ? 4
                                             : 0;
    if (length == 0) return {replacement_character, 1, false, false};
    // Only the second byte has a narrower range: no overlong forms, surrogates or values past
    // U+10FFFF.
    unsigned low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    unsigned high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    char32_t value = lead & (0x7Fu >> length);
    for (std::size_t i = 1; i < length; ++i) {
        if (at + i == text.size()) return {replacement_character, i, false, true};
        const unsigned next = byte(i);
        if (next < low || next > high) return {replacement_character, i, false, false};
        value = (value << 6) | (next & 0x3F);
        low = 0x80;
        high = 0xBF;
    }
    return {value, length, true, false};
}

/// Appends the character. Requires a Unicode scalar value.
constexpr void append_utf8(std::string& out, char32_t c) {
    const auto put = [&](char32_t bits) { out.push_back(static_cast<char>(bits)); };
    if (c < 0x80) return put(c);
    if (c < 0x800) {
        put(0xC0 | (c >> 6));
    } else {
        if (c < 0x10000) {
            put(0xE0 | (c >> 12));
        } else {
            put(0xF0 | (c >> 18));
            put(0x80 | ((c >> 12) & 0x3F));
        }
        put(0x80 | ((c >> 6) & 0x3F));
    }
    put(0x80 | (c & 0x3F));
}

/// Whether every byte is below 0x80.
inline bool is_ascii(std::string_view text) noexcept {
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

/// Whether the whole text is well-formed UTF-8.
constexpr bool is_utf8(std::string_view text) noexcept {
    for (std::size_t at = 0; at < text.size();) {
        const CodePoint c = decode_utf8(text, at);
        if (!c.valid) return false;
        at += c.bytes;
    }
    return true;
}

/// The text with each maximal ill-formed part replaced by U+FFFD.
inline std::string replace_invalid_utf8(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t at = 0; at < text.size();) {
        const CodePoint c = decode_utf8(text, at);
        append_utf8(out, c.value);
        at += c.bytes;
    }
    return out;
}

/// Bytes at the end that begin a character without finishing it, 0 to 3.
constexpr std::size_t unfinished_utf8(std::string_view text) noexcept {
    for (std::size_t back = std::min<std::size_t>(3, text.size()); back > 0; --back) {
        const CodePoint c = decode_utf8(text, text.size() - back);
        if (c.cut && c.bytes == back) return back;
    }
    return 0;
}

}  // namespace gppo
