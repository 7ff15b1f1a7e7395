// SPDX-License-Identifier: Apache-2.0
//
// prime-rl's IPO loss (not the preference loss of that name): importance sampling for tokens whose
// probability moved by at most `threshold`, whatever the direction and the sign of A, and a
// quadratic pull to the sampling policy for all. There the ratio is to the engine's log-probs.
//
//   J = r A [|p - p_old| <= threshold] - pull (logp - logp_old)^2
#pragma once

#include <gppo/clip/dppo_tv.hpp>

namespace gppo {

/// A token without advantage is NOT silent unless pull is 0. With d = logp - logp_old:
///
///            |p - p_old| > threshold   otherwise
///   value    -pull d^2                 r A - pull d^2
///   weight   -2 pull d                 r A - 2 pull d
struct Ipo {
    float threshold = 0.1f;
    float pull = 1e-3f;  ///< kl_tau there

    template <std::floating_point T>
    GPPO_HD constexpr Term<T> operator()(Token<T> t) const noexcept {
        const T d = t.logp - t.logp_old;
        const bool kept = math::abs(probability_change(t)) <= T(threshold);
        const T gain = (kept ? t.ratio : T(0)) * t.advantage;
        return {gain - T(pull) * d * d, gain - T(2) * T(pull) * d};
    }
};

}  // namespace gppo
