// SPDX-License-Identifier: Apache-2.0
//
// Floats where they are kept: in fp32, or in bf16 with stochastic rounding, so that many small
// changes add up although each is below the last place (Gupta et al. 2015, arXiv 1502.02551).
#pragma once

#include <gppo/core/bf16.hpp>
#include <gppo/core/host_device.hpp>
#include <gppo/core/view.hpp>

#include <concepts>
#include <cstdint>

namespace gppo {

/// Rounds up with the probability of the part that is cut off, so that the mean is `value`. NaN
/// stays NaN, infinities stay.
/// @param random 16 random bits; others are left out
GPPO_HD inline std::uint16_t float_to_bf16_stochastic(float value, std::uint32_t random) noexcept {
    const auto bits = __builtin_bit_cast(std::uint32_t, value);
    const bool finite = (bits & 0x7F800000u) != 0x7F800000u;
    // A carry out of the largest finite number would be an infinity: that one is cut off.
    const bool largest = (bits & 0x7FFF0000u) == 0x7F7F0000u;
    const std::uint32_t up = (bits + (largest ? 0u : random & 0xFFFFu)) >> 16;
    const std::uint32_t quiet = (bits & 0x7FFFFFu) != 0 ? (bits >> 16) | 0x40u : bits >> 16;
    return static_cast<std::uint16_t>(finite ? up : quiet);
}

/// fp32: nothing is rounded.
struct StoredFp32 {
    View<float> at;  // (n)

    GPPO_HD float load(Index i) const noexcept { return at[i]; }
    GPPO_HD void store(Index i, float value, std::uint32_t) const noexcept { at[i] = value; }
    GPPO_HD constexpr Index size() const noexcept { return at.size; }
    GPPO_HD constexpr StoredFp32 slice(Index first, Index count) const noexcept {
        return {at.slice(first, count)};
    }
};

/// bf16, two bytes.
struct StoredBf16 {
    View<std::uint16_t> at;  // (n)

    GPPO_HD float load(Index i) const noexcept { return bf16_to_float(at[i]); }
    GPPO_HD void store(Index i, float value, std::uint32_t random) const noexcept {
        at[i] = float_to_bf16_stochastic(value, random);
    }
    GPPO_HD constexpr Index size() const noexcept { return at.size; }
    GPPO_HD constexpr StoredBf16 slice(Index first, Index count) const noexcept {
        return {at.slice(first, count)};
    }
};

template <class S>
concept Stored = requires(const S s, Index i, float value, std::uint32_t random) {
    { s.load(i) } -> std::same_as<float>;
    s.store(i, value, random);
    { s.size() } -> std::same_as<Index>;
    { s.slice(i, i) } -> std::same_as<S>;
};
static_assert(Stored<StoredFp32> && Stored<StoredBf16>);

}  // namespace gppo
