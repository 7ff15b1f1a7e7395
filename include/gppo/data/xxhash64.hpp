// SPDX-License-Identifier: Apache-2.0
//
// XXH64: 64 bits of a text, by the published specification of xxHash. datatrove hashes its shingles
// with it, so that signatures of the same words are the same numbers.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace gppo {

namespace xxhash {

inline constexpr std::uint64_t prime1 = 0x9E3779B185EBCA87u, prime2 = 0xC2B2AE3D27D4EB4Fu,
                               prime3 = 0x165667B19E3779F9u, prime4 = 0x85EBCA77C2B2AE63u,
                               prime5 = 0x27D4EB2F165667C5u;

/// `bytes` little-endian bytes from `at` on.
constexpr std::uint64_t read(std::string_view text, std::size_t at, std::size_t bytes) noexcept {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < bytes; ++i)
        value |= std::uint64_t{static_cast<unsigned char>(text[at + i])} << (8 * i);
    return value;
}

constexpr std::uint64_t round(std::uint64_t lane, std::uint64_t input) noexcept {
    return std::rotl(lane + input * prime2, 31) * prime1;
}

constexpr std::uint64_t merge(std::uint64_t hash, std::uint64_t lane) noexcept {
    return (hash ^ round(0, lane)) * prime1 + prime4;
}

}  // namespace xxhash

constexpr std::uint64_t xxhash64(std::string_view text, std::uint64_t seed = 0) noexcept {
    using namespace xxhash;
    std::size_t at = 0;
    std::uint64_t hash = seed + prime5;
    if (text.size() >= 32) {
        std::uint64_t a = seed + prime1 + prime2, b = seed + prime2, c = seed, d = seed - prime1;
        for (; at + 32 <= text.size(); at += 32) {
            a = round(a, read(text, at, 8));
            b = round(b, read(text, at + 8, 8));
            c = round(c, read(text, at + 16, 8));
            d = round(d, read(text, at + 24, 8));
        }
        hash = std::rotl(a, 1) + std::rotl(b, 7) + std::rotl(c, 12) + std::rotl(d, 18);
        hash = merge(merge(merge(merge(hash, a), b), c), d);
    }
    hash += text.size();
    for (; at + 8 <= text.size(); at += 8)
        hash = std::rotl(hash ^ round(0, read(text, at, 8)), 27) * prime1 + prime4;
    for (; at + 4 <= text.size(); at += 4)
        hash = std::rotl(hash ^ (read(text, at, 4) * prime1), 23) * prime2 + prime3;
    for (; at < text.size(); ++at)
        hash = std::rotl(hash ^ (read(text, at, 1) * prime5), 11) * prime1;
    hash = (hash ^ (hash >> 33)) * prime2;
    hash = (hash ^ (hash >> 29)) * prime3;
    return hash ^ (hash >> 32);
}

}  // namespace gppo
