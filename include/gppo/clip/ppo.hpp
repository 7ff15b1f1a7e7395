// SPDX-License-Identifier: Apache-2.0
//
// PPO's clipped surrogate (Schulman et al. 2017, arXiv 1707.06347): J = min(r A, clip(r) A).
// With high > low it is DAPO's clip-higher (Yu et al. 2025, arXiv 2503.14476), e.g. 0.2 / 0.28.
#pragma once

#include <gppo/clip/region.hpp>

namespace gppo {

/// Outside the region, moving away, a token falls silent.
///
///            A > 0, r > 1+high      A < 0, r < 1-low      otherwise
///   value    (1+high) A             (1-low) A             r A
///   weight   0                      0                     r A
struct PpoClip {
    float low = 0.2f;
    float high = 0.2f;

    template <std::floating_point T>
    GPPO_HD constexpr Term<T> operator()(Token<T> t) const noexcept {
        const T r = pessimistic(t, T(1) - T(low), T(1) + T(high));
        const T value = r * t.advantage;
        return {value, r == t.ratio ? value : T(0)};
    }

    constexpr Region region() const noexcept {
        return {.lowest = 1.0f - low, .highest = 1.0f + high};
    }
};

}  // namespace gppo
