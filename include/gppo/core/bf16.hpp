// SPDX-License-Identifier: Apache-2.0
//
// bf16, the upper half of a float: 8 bits of exponent, 7 of fraction. Kept as bits, alone or in
// pairs; arithmetic is in fp32.
#pragma once

#include <gppo/core/host_device.hpp>

#include <concepts>
#include <cstdint>

namespace gppo {

/// What matrix products and attention multiply: floats, or floats rounded to bf16. Sums are fp32.
enum class Precision { fp32, bf16 };

GPPO_HD inline float bf16_to_float(std::uint16_t bits) noexcept {
    return __builtin_bit_cast(float, static_cast<std::uint32_t>(bits) << 16);
}

/// Rounds to nearest, ties to even. NaN stays NaN. Without branches, so that loops over it are
/// vectors.
GPPO_HD inline std::uint16_t float_to_bf16(float value) noexcept {
    const auto bits = __builtin_bit_cast(std::uint32_t, value);
    const std::uint32_t rounded = (bits + 0x7FFFu + ((bits >> 16) & 1u)) >> 16;
    const std::uint32_t quiet = (bits >> 16) | 0x40u;
    return static_cast<std::uint16_t>((bits & 0x7FFFFFFFu) > 0x7F800000u ? quiet : rounded);
}

/// A number as it is kept: a float, or the bits of a bf16.
GPPO_HD constexpr float as_float(float x) noexcept {
    return x;
}
GPPO_HD inline float as_float(std::uint16_t bits) noexcept {
    return bf16_to_float(bits);
}
/// The other way, rounded where it has to be.
template <class E>
GPPO_HD inline E kept_as(float x) noexcept {
    if constexpr (std::same_as<E, float>)
        return x;
    else
        return float_to_bf16(x);
}

/// Two neighbours along the depth of a product, multiplied and added in one instruction where the
/// processor has it: the first in the lower half.
enum class Bf16Pair : std::uint32_t {};

GPPO_HD inline Bf16Pair bf16_pair(float first, float second) noexcept {
    return Bf16Pair{static_cast<std::uint32_t>(float_to_bf16(first)) |
                    static_cast<std::uint32_t>(float_to_bf16(second)) << 16};
}

}  // namespace gppo
