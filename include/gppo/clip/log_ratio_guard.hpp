// SPDX-License-Identifier: Apache-2.0
//
// The log-ratio guard of verl, SkyRL, OpenRLHF and ERC: logp - logp_old is clamped to +-limit
// before the exponential, so a token outside has the value at the limit and no gradient. TRL,
// NeMo-RL, slime, AReaL, prime-rl and Klear-Reasoner have none. An adaptor, for policies whose
// gradient goes through the ratio (PPO, dual clip, GPPO, SAPO, plain importance sampling):
// LogRatioGuard{DualClip{PpoClip{}}} is verl's vanilla loss to the letter. Where the ratio is only
// a stopped weight (CISPO, TOPR, DPPO) those systems keep the gradient outside, and the policies'
// own caps do the bounding: use them without it.
#pragma once

#include <gppo/clip/region.hpp>
#include <gppo/concepts/clip_policy.hpp>
#include <gppo/core/math.hpp>

namespace gppo {

///            |logp - logp_old| > limit          otherwise
///   value    inner at ratio e^limit, e^-limit   inner
///   weight   0                                  inner
template <ClipPolicy Inner>
struct LogRatioGuard {
    Inner inner{};
    float limit = 20.0f;  ///< nats

    template <std::floating_point T>
    GPPO_HD constexpr Term<T> operator()(Token<T> t) const noexcept {
        const T difference = t.logp - t.logp_old;
        t.ratio = math::max(math::at_most(t.ratio, math::exp(T(limit))), math::exp(-T(limit)));
        const Term<T> term = inner(t);
        return {term.value, math::abs(difference) > T(limit) ? T(0) : term.weight};
    }

    constexpr Region region() const noexcept { return region_of(inner); }
};
template <class Inner>
LogRatioGuard(Inner) -> LogRatioGuard<Inner>;
template <class Inner>
LogRatioGuard(Inner, float) -> LogRatioGuard<Inner>;

}  // namespace gppo
