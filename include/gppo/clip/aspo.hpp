// SPDX-License-Identifier: Apache-2.0
//
// ASPO, asymmetric importance sampling policy optimization (Wang et al. 2025, arXiv 2510.06062): a
// good token is weighted with 1/r, so that the unlikely ones are pulled hardest, and a weight
// beyond `cap` is lowered to it and keeps its gradient (a soft dual clip). The released code
// (Archer2.0) has low = high = 0.2 for low-entropy and 0.4 for high-entropy tokens.
#pragma once

#include <gppo/clip/region.hpp>
#include <gppo/core/math.hpp>

namespace gppo {

/// Outside the region, moving away, a token falls silent; far outside, moving back, it is capped.
///
///            A > 0, r < 1/cap   A > 0, r > 1+high   A > 0, otherwise
///   value    cap A logp         A / (1+high)        A / r
///   weight   cap A              0                   A / r
///
///            A < 0, r > cap     A < 0, r < 1-low    A < 0, otherwise
///   value    cap A logp         (1-low) A           r A
///   weight   cap A              0                   r A
struct Aspo {
    float low = 0.2f;
    float high = 0.2f;
    float cap = 3.0f;  ///< above 1

    template <std::floating_point T>
    GPPO_HD constexpr Term<T> operator()(Token<T> t) const noexcept {
        const T r = pessimistic(t, T(1) - T(low), T(1) + T(high));
        // 1e-30 stands for a ratio of 0, whose inverse would not be a number to multiply with.
        const T factor = t.advantage > T(0) ? T(1) / math::max(r, T(1e-30)) : r;
        const bool beyond = factor > T(cap);
        const T bounded = T(cap) * t.advantage, plain = factor * t.advantage;
        const T inside = r == t.ratio ? plain : T(0);
        return {beyond ? bounded * t.logp : plain, beyond ? bounded : inside};
    }

    constexpr Region region() const noexcept {
        return {.lowest = 1.0f - low, .highest = 1.0f + high, .cap = cap};
    }
};

}  // namespace gppo
