// SPDX-License-Identifier: Apache-2.0
//
// The clip region [1 - low, 1 + high] and the four ways a token can be outside it:
//
//                        ratio below the region        ratio above the region
//   advantage > 0        R1: moving back in            R2: moving further away
//   advantage < 0        R3: moving further away       R4: moving back in
//
// A ratio exactly on a bound is inside (torch splits the gradient of such ties; nobody else says).
#pragma once

#include <gppo/core/host_device.hpp>
#include <gppo/core/token.hpp>

#include <concepts>
#include <limits>

namespace gppo {

/// The bounds a policy works with, as ratios; for telemetry. Beyond `cap` a dual clip acts.
struct Region {
    float lowest = 0.8f;
    float highest = 1.2f;
    float cap = std::numeric_limits<float>::infinity();
};

/// A policy that says where its region ends, so that diagnostics can count its tokens.
template <class P>
concept HasRegion = requires(const P policy) {
    { policy.region() } noexcept -> std::same_as<Region>;
};

/// The policy's own region, or PPO's default for a policy that does not tell.
template <class P>
constexpr Region region_of(const P& policy) noexcept {
    if constexpr (HasRegion<P>)
        return policy.region();
    else
        return Region{};
}

/// The ratio that min(r A, clip(r) A) selects: capped above for good tokens, below for bad ones.
template <std::floating_point T>
GPPO_HD constexpr T pessimistic(Token<T> t, T lowest, T highest) noexcept {
    const T above = t.ratio < highest ? t.ratio : highest;
    const T below = t.ratio > lowest ? t.ratio : lowest;
    return t.advantage > T(0) ? above : below;
}

}  // namespace gppo
