// SPDX-License-Identifier: Apache-2.0
//
// Which problems are held out: a mixing hash of the problem's canonical text against a threshold.
// The hash must mix. A linear hash modulo 10 quietly holds out one last digit of every sum, and the
// run then looks as if it failed to generalise.
#pragma once

#include <cstdint>
#include <string_view>

namespace gppo {

/// The two halves of a task. No problem is in both.
enum class Split { train, held_out };

/// 64 well-mixed bits of a text: FNV-1a over the bytes, then MurmurHash3's finaliser.
/// Part of the file formats: the value for a text never changes.
constexpr std::uint64_t text_hash(std::string_view text, std::uint64_t salt = 0) noexcept {
    std::uint64_t h = 0xCBF29CE484222325u ^ (salt * 0x9E3779B97F4A7C15u);
    for (const char c : text) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001B3u;
    h = (h ^ (h >> 33)) * 0xFF51AFD7ED558CCDu;
    h = (h ^ (h >> 33)) * 0xC4CEB9FE1A85EC53u;
    return h ^ (h >> 33);
}

/// The half that `canonical` belongs to, when `fraction` (in [0, 1]) of all texts is held out.
/// Depends on the text and the salt alone: not on the seed, the order or the size of the data.
constexpr Split split_of(std::string_view canonical, double fraction,
                         std::uint64_t salt = 0) noexcept {
    // 53 bits, so that the comparison in double is exact.
    const double u = static_cast<double>(text_hash(canonical, salt) >> 11) * 0x1p-53;
    return u < fraction ? Split::held_out : Split::train;
}

}  // namespace gppo
