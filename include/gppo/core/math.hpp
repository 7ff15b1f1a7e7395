// SPDX-License-Identifier: Apache-2.0
//
// Elementary functions for host and device. The float versions are branchless, so a loop over them
// vectorises without fast-math; infinities and NaN come through as IEEE says.
#pragma once

#include <gppo/core/host_device.hpp>

#include <cmath>
#include <cstdint>
#include <limits>

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
GPPO_HD constexpr float abs(float x) noexcept {
    return __builtin_fabsf(x);
}
GPPO_HD constexpr double abs(double x) noexcept {
    return __builtin_fabs(x);
}

/// The largest finite number; numeric_limits::max() is a function of the host.
template <class T>
inline constexpr T largest = std::numeric_limits<T>::max();

/// Neither NaN nor infinite: the only float with x - x == 0.
template <class T>
GPPO_HD constexpr bool finite(T x) noexcept {
    return x - x == T(0);
}

/// min(x, high) for high > 0, where a NaN may become anything. Positive floats are ordered as their
/// bits are, and a minimum of integers is one instruction, while a select leaves a branch with a
/// constant, which GCC follows through all that comes after it.
GPPO_HD constexpr float at_most(float x, float high) noexcept {
    return __builtin_bit_cast(
        float, min(__builtin_bit_cast(std::int32_t, x), __builtin_bit_cast(std::int32_t, high)));
}
GPPO_HD constexpr double at_most(double x, double high) noexcept {
    return min(x, high);
}

/// max(x, low) for low < 0 in the same way: as unsigned bits the negative floats grow downwards.
GPPO_HD constexpr float at_least(float x, float low) noexcept {
    return __builtin_bit_cast(
        float, min(__builtin_bit_cast(std::uint32_t, x), __builtin_bit_cast(std::uint32_t, low)));
}

/// e^x for x in [-87.5, 89]; below e^-86.98 (1.7e-38) 0, as there are no denormals.
/// Range reduction x = n ln 2 + r, |r| <= ln 2 / 2 (Cody and Waite), then the degree-6 polynomial
/// of least relative error (3.7e-9) among those that begin 1 + r + r^2 / 2.
GPPO_HD inline float exp_within(float x) noexcept {
    // Adding 1.5 * 2^23 rounds to the nearest integer and leaves it in the low mantissa bits.
    constexpr float magic = 12582912.0f;
    const float shifted = x * 1.44269504088896341f + magic;
    const float n = shifted - magic;
    float r = x - n * 0.693359375f;
    r = r + n * 2.12194440e-4f;
    // 2 e^r, because 2^(n-1) is a float for every n but -126, where its bits are those of 0.
    float p = 2.7727512642741203e-3f;
    p = p * r + 1.6735019162297249e-2f;
    p = p * r + 8.3334475755691528e-2f;
    p = p * r + 3.3333069086074829e-1f;
    p = p * r + 1.0f;
    p = p * r + 2.0f;
    p = p * r + 2.0f;
    const auto exponent = __builtin_bit_cast(std::uint32_t, shifted) << 23;
    return p * __builtin_bit_cast(float, exponent + 0x3F000000u);
}

/// e^x to 1.2e-7 relative: +inf above the largest float, 0 below e^-86.98, NaN through.
GPPO_HD inline float exp(float x) noexcept {
    const float y = exp_within(at_most(at_least(x, -87.5f), 89.0f));
    return x == x ? y : x;
}
GPPO_HD inline double exp(double x) noexcept {
    return std::exp(x);
}

/// e^x, at most e^88 or e^709, so always finite: a NaN gives some number.
GPPO_HD inline float exp_finite(float x) noexcept {
    return exp_within(at_most(at_least(x, -87.5f), 88.0f));
}
GPPO_HD inline double exp_finite(double x) noexcept {
    return std::exp(at_most(x, 709.0));
}

GPPO_HD inline float log(float x) noexcept {
    return std::log(x);
}
GPPO_HD inline double log(double x) noexcept {
    return std::log(x);
}

/// The root of x >= 0 to 1 ulp; for x < 0 some number. std::sqrt sets errno for such, so a loop
/// over it does not vectorise (AdamW ran at a fifth of the memory's speed). Newton's iteration for
/// 1 / sqrt(x), from the guess that halves the exponent, then one correction of the product.
GPPO_HD inline float sqrt(float x) noexcept {
    const bool denormal = x < 0x1p-126f;
    const float z = denormal ? x * 0x1p24f : x;
    float y = __builtin_bit_cast(float, 0x5F375A86u - (__builtin_bit_cast(std::uint32_t, z) >> 1));
    const float half = 0.5f * z;
    y = y * (1.5f - half * y * y);
    y = y * (1.5f - half * y * y);
    y = y * (1.5f - half * y * y);
    float root = z * y;
    root = root + 0.5f * y * (z - root * root);
    root = denormal ? root * 0x1p-12f : root;
    return x - x == 0.0f ? root : x;
}
GPPO_HD inline double sqrt(double x) noexcept {
    return std::sqrt(x);
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
