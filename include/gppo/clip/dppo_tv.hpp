// SPDX-License-Identifier: Apache-2.0
//
// DPPO with the binary total variation (Qi et al. 2026, arXiv 2602.04879): the trust region is on
// the change of the token's probability p = e^logp, not on the ratio. A rare token may change its
// ratio a lot before it is dropped, a likely one hardly:
//
//   J = sg(min(r, cap)) A logp  if  A > 0 ? p - p_old <= high : p - p_old >= -low
//
// The authors' script for verl has low = high = 0.15, verl's code its clip_ratio of 0.2, SkyRL and
// prime-rl 0.2. verl also clamps the log-ratio to +-20, which moves a weight by at most 2e-9 A.
#pragma once

#include <gppo/core/host_device.hpp>
#include <gppo/core/math.hpp>
#include <gppo/core/token.hpp>

#include <concepts>

namespace gppo {

/// p - p_old, the change of the token's probability. Its absolute value is the total variation
/// between the two distributions over {this token, any other}. As p = r p_old: an exponential less.
template <std::floating_point T>
GPPO_HD constexpr T probability_change(Token<T> t) noexcept {
    return math::exp_finite(t.logp_old) * (t.ratio - T(1));
}

/// How far the probability went where the advantage wants it: up for A > 0, down otherwise. One
/// comparison then serves both signs, and the loop has no branch.
template <std::floating_point T>
GPPO_HD constexpr T moved_away(Token<T> t) noexcept {
    const T change = probability_change(t);
    return t.advantage > T(0) ? change : -change;
}

///            A > 0, p > p_old + high   A <= 0, p < p_old - low   otherwise
///   value    0                         0                         min(r, cap) A logp
///   weight   0                         0                         min(r, cap) A
struct DppoTv {
    float low = 0.15f;
    float high = 0.15f;
    float cap = 20.0f;  ///< of the importance weight; large, because truncation biases

    template <std::floating_point T>
    GPPO_HD constexpr Term<T> operator()(Token<T> t) const noexcept {
        const bool kept = moved_away(t) <= (t.advantage > T(0) ? T(high) : T(low));
        const T weight = (kept ? math::at_most(t.ratio, T(cap)) : T(0)) * t.advantage;
        return {weight * t.logp, weight};
    }
};

/// prime-rl's default: the gradient goes through the ratio, nothing caps it, and a quadratic pull
/// to the sampling policy acts on every token, so A = 0 is not silent. d = logp - logp_old.
///
///            A > 0, p > p_old + high   A <= 0, p < p_old - low   otherwise
///   value    -pull d^2                 -pull d^2                 r A - pull d^2
///   weight   -2 pull d                 -2 pull d                 r A - 2 pull d
struct DppoTvPrime {
    float low = 0.2f;
    float high = 0.2f;
    float pull = 1e-3f;  ///< kl_tau there

    template <std::floating_point T>
    GPPO_HD constexpr Term<T> operator()(Token<T> t) const noexcept {
        const T d = t.logp - t.logp_old;
        const bool kept = moved_away(t) <= (t.advantage > T(0) ? T(high) : T(low));
        const T gain = (kept ? t.ratio : T(0)) * t.advantage;
        return {gain - T(pull) * d * d, gain - T(2) * T(pull) * d};
    }
};

}  // namespace gppo
