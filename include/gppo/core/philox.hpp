// SPDX-License-Identifier: Apache-2.0
//
// Philox 4x32-10 (Salmon et al., SC 2011): random numbers as a pure function of a key and a
// counter. A completion's numbers depend on (seed, request, position) alone, never on what else was
// in the batch.
#pragma once

#include <gppo/core/host_device.hpp>

#include <cstdint>

namespace gppo {

/// Four 32-bit numbers for one 128-bit counter under one 64-bit key.
struct Philox {
    std::uint64_t seed = 0;

    struct Words {  // std::array has no device functions
        std::uint32_t word[4];
        GPPO_HD constexpr std::uint32_t operator[](int i) const noexcept { return word[i]; }
        bool operator==(const Words&) const = default;
    };

    /// The four words at counter (high, low), e.g. (request, position).
    GPPO_HD constexpr Words operator()(std::uint64_t high, std::uint64_t low) const noexcept {
        std::uint32_t c0 = static_cast<std::uint32_t>(low),
                      c1 = static_cast<std::uint32_t>(low >> 32);
        std::uint32_t c2 = static_cast<std::uint32_t>(high),
                      c3 = static_cast<std::uint32_t>(high >> 32);
        std::uint32_t k0 = static_cast<std::uint32_t>(seed),
                      k1 = static_cast<std::uint32_t>(seed >> 32);
        for (int round = 0; round < 10; ++round) {
            const std::uint64_t p0 = std::uint64_t{0xD2511F53u} * c0;
            const std::uint64_t p1 = std::uint64_t{0xCD9E8D57u} * c2;
            const std::uint32_t n0 = static_cast<std::uint32_t>(p1 >> 32) ^ c1 ^ k0;
            const std::uint32_t n2 = static_cast<std::uint32_t>(p0 >> 32) ^ c3 ^ k1;
            c0 = n0;
            c1 = static_cast<std::uint32_t>(p1);
            c2 = n2;
            c3 = static_cast<std::uint32_t>(p0);
            k0 += 0x9E3779B9u;
            k1 += 0xBB67AE85u;
        }
        return {{c0, c1, c2, c3}};
    }

    /// 64 random bits at counter (high, low).
    GPPO_HD constexpr std::uint64_t bits(std::uint64_t high, std::uint64_t low) const noexcept {
        const auto words = (*this)(high, low);
        return (std::uint64_t{words[0]} << 32) | words[1];
    }

    /// Uniform in [0, 1) with 24 bits, so that every value is exact in float.
    GPPO_HD constexpr float uniform(std::uint64_t high, std::uint64_t low) const noexcept {
        return static_cast<float>((*this)(high, low)[0] >> 8) * 0x1p-24f;
    }

    /// Uniform integer in [0, n), n > 0. The bias is below n / 2^64.
    GPPO_HD constexpr std::uint64_t below(std::uint64_t n, std::uint64_t high,
                                          std::uint64_t low) const noexcept {
        // High word of the 128-bit product bits * n, from 32-bit pieces (portable to device code).
        const std::uint64_t x = bits(high, low);
        const std::uint64_t x0 = x & 0xFFFFFFFFu, x1 = x >> 32, n0 = n & 0xFFFFFFFFu, n1 = n >> 32;
        const std::uint64_t middle = x1 * n0 + ((x0 * n0) >> 32);
        const std::uint64_t carry = x0 * n1 + (middle & 0xFFFFFFFFu);
        return x1 * n1 + (middle >> 32) + (carry >> 32);
    }
};

}  // namespace gppo
