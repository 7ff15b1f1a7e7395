// SPDX-License-Identifier: Apache-2.0
//
// DPPO with the binary KL divergence (Qi et al. 2026, arXiv 2602.04879): a token that moves away is
// dropped once the divergence between the two distributions over {this token, any other} is beyond
// a threshold. With p = e^logp,
//
//   KL = p_old (logp_old - logp) + (1 - p_old) log((1 - p_old + e) / (1 - p + e)),  e = 1e-8
//   J = sg(min(r, cap)) A logp  if  KL <= (A > 0 ? high : low)  or the token moves back
//
// The authors' script for verl has thresholds of 0.05; verl's code takes its clip_ratio of 0.2.
// There the KL is NaN, and the token dropped, when rounding puts p above 1; here p is at most 1.
#pragma once

#include <gppo/core/host_device.hpp>
#include <gppo/core/math.hpp>
#include <gppo/core/token.hpp>

#include <concepts>

namespace gppo {

/// Positive where KL > threshold. KL <= threshold is solved for 1 - p_old, so that it takes an
/// exponential and no logarithm, which would not vectorise:
/// 1 - p_old + e <= (1 - p + e) exp((threshold - p_old (logp_old - logp)) / (1 - p_old)).
template <std::floating_point T>
GPPO_HD constexpr T beyond_binary_kl(Token<T> t, T threshold) noexcept {
    constexpr T e = T(1e-8);
    const T p_old = math::at_most(math::exp_finite(t.logp_old), T(1));
    const T p = math::at_most(p_old * t.ratio, T(1));
    const T rest = T(1) - p_old;
    const T left = threshold + p_old * (t.logp - t.logp_old);
    return rest + e - (T(1) - p + e) * math::exp_finite(left / (rest + e));
}

///            KL above the threshold, and       otherwise
///            A > 0, r > 1  or  A <= 0, r < 1
///   value    0                                 min(r, cap) A logp
///   weight   0                                 min(r, cap) A
struct DppoKl {
    float low = 0.05f;   ///< nats, for A <= 0
    float high = 0.05f;  ///< nats, for A > 0
    float cap = 20.0f;   ///< of the importance weight; large, because truncation biases

    template <std::floating_point T>
    GPPO_HD constexpr Term<T> operator()(Token<T> t) const noexcept {
        const bool good = t.advantage > T(0);
        const T away = good ? t.ratio - T(1) : T(1) - t.ratio;
        const T beyond = beyond_binary_kl(t, good ? T(high) : T(low));
        const bool kept = math::min(away, beyond) <= T(0);  // either; a select, not a branch
        const T weight = (kept ? math::at_most(t.ratio, T(cap)) : T(0)) * t.advantage;
        return {weight * t.logp, weight};
    }
};

}  // namespace gppo
