// SPDX-License-Identifier: Apache-2.0
//
// The alphabet of byte-level BPE (GPT-2, Radford et al. 2019): every byte is written as one
// printable character, so that a vocabulary is plain text. Printable Latin-1 stands for itself; the
// other 68 bytes become U+0100, U+0101, ….
#pragma once

#include <gppo/text/utf8.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gppo {

/// Both directions of the map.
struct ByteUnicode {
    std::array<char32_t, 256> character{};  ///< byte -> character
    std::array<std::int16_t, 324> byte{};   ///< character -> byte, -1 where there is none

    constexpr ByteUnicode() noexcept {
        byte.fill(-1);
        char32_t next = 0x100;
        for (std::size_t b = 0; b < 256; ++b) {
            const bool printable = (b >= 0x21 && b <= 0x7E) || (b >= 0xA1 && b != 0xAD);
            character[b] = printable ? static_cast<char32_t>(b) : next++;
            byte[character[b]] = static_cast<std::int16_t>(b);
        }
    }
};

inline constexpr ByteUnicode byte_unicode{};

/// Bytes to their printable spelling: " the" -> "Ġthe".
inline std::string spell_bytes(std::string_view bytes) {
    std::string out;
    for (const char b : bytes)
        append_utf8(out, byte_unicode.character[static_cast<unsigned char>(b)]);
    return out;
}

/// The bytes behind a printable spelling; nothing when some character stands for no byte.
inline std::optional<std::string> unspell_bytes(std::string_view spelling) {
    std::string out;
    for (std::size_t at = 0; at < spelling.size();) {
        const CodePoint c = decode_utf8(spelling, at);
        if (!c.valid || c.value >= byte_unicode.byte.size() || byte_unicode.byte[c.value] < 0)
            return std::nullopt;
        out.push_back(static_cast<char>(byte_unicode.byte[c.value]));
        at += c.bytes;
    }
    return out;
}

}  // namespace gppo
