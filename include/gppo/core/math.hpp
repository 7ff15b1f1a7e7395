// SPDX-License-Identifier: Apache-2.0
//
// Elementary functions for host and device. The float versions are branchless, so a loop over them
// vectorises without fast-math; infinities and NaN come through as IEEE says.
#pragma once

#include <gppo/core/host_device.hpp>

#include <cmath>
#include <cstdint>

namespace gppo::math {

template <class T>
GPPO_HD constexpr T min(T a, T b) noexcept {
    return b < a ? b : a;
}
template <class T>
GPPO_HD constexpr T max(T a, T b) noexcept {
    return a < b ? b : a;
}
template <class T>
GPPO_HD constexpr T clamp(T x, T low, T high) noexcept {
    return x < low ? low : (high < x ? high : x);
}
template <class T>
GPPO_HD constexpr T abs(T x) noexcept {
    return x < T(0) ? -x : x;
}

/// Neither NaN nor infinite: the only float with x - x == 0.
template <class T>
GPPO_HD constexpr bool finite(T x) noexcept {
    return x - x == T(0);
}

/// 2^n for n in [-126, 127], by writing the exponent field.
GPPO_HD inline float power_of_two(std::int32_t n) noexcept {
    return __builtin_bit_cast(float, static_cast<std::uint32_t>(n + 127) << 23);
}

/// e^x to 1.2e-7 relative. Overflow gives +inf, underflow goes through denormals to 0.
/// Range reduction x = n ln 2 + r, |r| <= ln 2 / 2, then a degree-6 polynomial (Cephes expf).
GPPO_HD inline float exp(float x) noexcept {
    x = x < -105.0f ? -105.0f : (x > 90.0f ? 90.0f : x);
    // Adding 1.5 * 2^23 rounds to the nearest integer and leaves it in the low mantissa bits.
    constexpr float magic = 12582912.0f;
    const float shifted = x * 1.44269504088896341f + magic;
    const float n = shifted - magic;
    float r = x - n * 0.693359375f;
    r = r + n * 2.12194440e-4f;
    float p = 1.9875691500e-4f;
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * r * r + r + 1.0f;
    // Two factors, because 2^n alone leaves the range of float at both ends.
    const auto k =
        static_cast<std::int32_t>(__builtin_bit_cast(std::uint32_t, shifted) - 0x4B400000u);
    const std::int32_t half = k >> 1;
    return p * power_of_two(half) * power_of_two(k - half);
}
GPPO_HD inline double exp(double x) noexcept {
    return std::exp(x);
}

GPPO_HD inline float log(float x) noexcept {
    return std::log(x);
}
GPPO_HD inline double log(double x) noexcept {
    return std::log(x);
}

template <class T>
GPPO_HD T rsqrt(T x) noexcept {
    return T(1) / std::sqrt(x);
}

/// 1 / (1 + e^-x).
template <class T>
GPPO_HD T sigmoid(T x) noexcept {
    return T(1) / (T(1) + exp(-x));
}

}  // namespace gppo::math
