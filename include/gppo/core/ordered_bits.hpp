// SPDX-License-Identifier: Apache-2.0
//
// Floats as integers of the same order, so that a threshold is found by halving an interval.
#pragma once

#include <gppo/core/host_device.hpp>

#include <cstdint>

namespace gppo {

/// Unsigned integers in the order of the floats; every NaN is 0, below all of them.
GPPO_HD inline std::uint32_t ordered_bits(float x) noexcept {
    const auto bits = __builtin_bit_cast(std::uint32_t, x);
    const std::uint32_t ordered = bits >> 31 != 0 ? ~bits : bits | 0x80000000u;
    return x == x ? ordered : 0u;
}

}  // namespace gppo
