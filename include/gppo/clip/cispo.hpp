// SPDX-License-Identifier: Apache-2.0
//
// CISPO (MiniMax-M1, 2025, arXiv 2506.13585): J = sg(clip(r)) A logp. Every token trains; only its
// importance weight is bounded. Two conventions for the bounds are in use and are NOT
// interchangeable, so each has its own name here, and so has the paper's variant with PPO's mask.
#pragma once

#include <gppo/clip/region.hpp>

namespace gppo {

/// Bounds around one, as in verl, slime, ROLL, SkyRL and NeMo-RL.
///
///            r < 1-low              r > 1+high            otherwise
///   value    (1-low) A logp         (1+high) A logp       r A logp
///   weight   (1-low) A              (1+high) A            r A
struct Cispo {
    float low = 0.2f;
    float high = 0.28f;

    template <std::floating_point T>
    GPPO_HD constexpr Term<T> operator()(Token<T> t) const noexcept {
        const T lowest = T(1) - T(low), highest = T(1) + T(high);
        const T raised = t.ratio < lowest ? lowest : t.ratio;
        const T weight = (raised > highest ? highest : raised) * t.advantage;
        return {weight * t.logp, weight};
    }

    constexpr Region region() const noexcept {
        return {.lowest = 1.0f - low, .highest = 1.0f + high};
    }
};

/// One absolute cap and no lower bound, as in TRL and ms-swift (their epsilon_high = 5.0).
///
///            r > cap                otherwise
///   value    cap A logp             r A logp
///   weight   cap A                  r A
struct CispoCap {
    float cap = 5.0f;

    template <std::floating_point T>
    GPPO_HD constexpr Term<T> operator()(Token<T> t) const noexcept {
        const T weight = (t.ratio > T(cap) ? T(cap) : t.ratio) * t.advantage;
        return {weight * t.logp, weight};
    }

    constexpr Region region() const noexcept { return {.lowest = 0.0f, .highest = cap}; }
};

/// The paper's unified form: bounded weights, and PPO's silence for tokens that moved further away.
/// ROLL's cispo_use_unified_mask, with low = high = 0.1.
///
///            A > 0, r > 1+high   A < 0, r < 1-low   r outside, moving back   otherwise
///   value    0                   0                  clip(r) A logp           r A logp
///   weight   0                   0                  clip(r) A                r A
struct CispoMasked {
    float low = 0.2f;
    float high = 0.28f;

    template <std::floating_point T>
    GPPO_HD constexpr Term<T> operator()(Token<T> t) const noexcept {
        const bool kept = pessimistic(t, T(1) - T(low), T(1) + T(high)) == t.ratio;
        const Term<T> term = Cispo{low, high}(t);
        return {kept ? term.value : T(0), kept ? term.weight : T(0)};
    }

    constexpr Region region() const noexcept {
        return {.lowest = 1.0f - low, .highest = 1.0f + high};
    }
};

}  // namespace gppo
