// SPDX-License-Identifier: Apache-2.0
//
// GPPO, gradient-preserving policy optimization (Klear-Reasoner, Su et al. 2025, arXiv 2508.07629):
// the value of PPO's clip, but a clipped token keeps the gradient of the boundary. The paper's
// (1+high) / sg(r) * r is NaN where r leaves the range of float; this is its closed form.
// beta_low and beta_high are the scaling factors of CE-GPPO (Su et al. 2025, arXiv 2509.20712).
// The released code also applies a dual clip, which zeroes A < 0, r > 10: DualClip{Gppo{}, 10}.
#pragma once

#include <gppo/clip/region.hpp>

namespace gppo {

/// Outside the region, moving away, a token keeps the boundary's pull.
///
///            A > 0, r > 1+high      A < 0, r < 1-low      otherwise
///   value    beta_high (1+high) A   beta_low (1-low) A    r A
///   weight   beta_high (1+high) A   beta_low (1-low) A    r A        <- PPO: 0, 0, r A
struct Gppo {
    float low = 0.2f;
    float high = 0.28f;
    float beta_low = 1.0f;   ///< beta_1 of CE-GPPO; its recipes use 0.5 and 0.75
    float beta_high = 1.0f;  ///< beta_2 of CE-GPPO

    template <std::floating_point T>
    GPPO_HD constexpr Term<T> operator()(Token<T> t) const noexcept {
        const T r = pessimistic(t, T(1) - T(low), T(1) + T(high));
        const T beta = t.advantage > T(0) ? T(beta_high) : T(beta_low);
        const T value = (r == t.ratio ? r : beta * r) * t.advantage;
        return {value, value};
    }

    constexpr Region region() const noexcept {
        return {.lowest = 1.0f - low, .highest = 1.0f + high};
    }
};

/// GPPO above, PPO below: the `only_high` switch of the released code.
///
///            A > 0, r > 1+high      A < 0, r < 1-low      otherwise
///   value    (1+high) A             (1-low) A             r A
///   weight   (1+high) A             0                     r A
struct GppoOnlyHigh {
    float low = 0.2f;
    float high = 0.28f;

    template <std::floating_point T>
    GPPO_HD constexpr Term<T> operator()(Token<T> t) const noexcept {
        const T r = pessimistic(t, T(1) - T(low), T(1) + T(high));
        const T value = r * t.advantage;
        return {value, t.ratio < r ? T(0) : value};  // raised, which it is for A < 0 only
    }

    constexpr Region region() const noexcept {
        return {.lowest = 1.0f - low, .highest = 1.0f + high};
    }
};

}  // namespace gppo
