// SPDX-License-Identifier: Apache-2.0
//
// A histogram of log-ratios with fixed bins, so that those of micro-batches and processes add up.
// Eight bins per power of two of |x| from 2^-17 to 2^7, on both sides of a bin for all that is
// smaller: the middle of a bin is within 1/16 of every x in it, or 8e-6 around zero.
#pragma once

#include <gppo/core/view.hpp>

#include <array>
#include <cstddef>
#include <cstdint>

namespace gppo {

struct Histogram {
    static constexpr std::int32_t per_side = 24 * 8;
    static constexpr std::int32_t bins = 2 * per_side + 1;
    static constexpr std::int32_t smallest = (127 - 17) * 8;  ///< leading bits of 2^-17

    std::array<Index, static_cast<std::size_t>(bins)> count{};

    /// Exponent and three bits of the mantissa. Plain integers, so that a loop vectorises.
    GPPO_HD static constexpr std::int32_t bin_of(float x) noexcept {
        const auto bits = __builtin_bit_cast(std::uint32_t, x);
        const auto leading = static_cast<std::int32_t>((bits & 0x7FFFFFFFu) >> 20);
        std::int32_t k = leading - smallest + 1;
        k = k < 0 ? 0 : k;
        k = k > per_side ? per_side : k;
        const auto sign = 1 - 2 * static_cast<std::int32_t>(bits >> 31);
        return per_side + sign * k;
    }
    /// The middle of a bin.
    static constexpr double middle_of(std::int32_t bin) noexcept {
        const std::int32_t side = bin - per_side, k = side < 0 ? -side : side;
        if (k == 0) return 0.0;
        const auto edge = [](std::int32_t leading) {
            return static_cast<double>(
                __builtin_bit_cast(float, static_cast<std::uint32_t>(leading) << 20));
        };
        const double middle = 0.5 * (edge(smallest + k - 1) + edge(smallest + k));
        return side < 0 ? -middle : middle;
    }

    constexpr void add(const Histogram& other) noexcept {
        for (std::size_t k = 0; k < count.size(); ++k) count[k] += other.count[k];
    }
    /// The middle of the bin that holds the element of rank q (n - 1); 0 if there is none.
    constexpr double quantile(double q) const noexcept {
        Index total = 0;
        for (const Index c : count) total += c;
        const auto rank = static_cast<Index>(q * static_cast<double>(total - 1) + 0.5);
        Index below = 0;
        for (std::size_t k = 0; k < count.size(); ++k) {
            below += count[k];
            if (below > rank && total > 0) return middle_of(static_cast<std::int32_t>(k));
        }
        return 0.0;
    }
};

}  // namespace gppo
