// SPDX-License-Identifier: Apache-2.0
//
// TOPR, tapered off-policy REINFORCE (Le Roux et al. 2025, arXiv 2503.14286): good samples are
// imitated whatever their ratio, bad ones are forgotten with a weight of at most 1, which fades as
// they become unlikely. The paper has the ratio of the whole sequence, ROLL one per token as here,
// and ROLL takes the sign from the score of the response, not from the advantage.
// ROLL's "tis", min(r, 1) for both signs, is CispoCap{1}.
#pragma once

#include <gppo/clip/region.hpp>
#include <gppo/core/math.hpp>

namespace gppo {

///            A > 0       A < 0, r > 1    A < 0, r <= 1
///   value    A logp      A logp          r A logp
///   weight   A           A               r A
struct Topr {
    template <std::floating_point T>
    GPPO_HD constexpr Term<T> operator()(Token<T> t) const noexcept {
        const T factor = t.advantage > T(0) ? T(1) : math::min(t.ratio, T(1));
        const T weight = factor * t.advantage;
        return {weight * t.logp, weight};
    }

    constexpr Region region() const noexcept { return {.lowest = 0.0f, .highest = 1.0f}; }
};

}  // namespace gppo
