// SPDX-License-Identifier: Apache-2.0
//
// SAPO, soft adaptive policy optimization (Qwen team 2025, arXiv 2511.20347): a sigmoid gate in
// place of the clip, J = 4 / tau sigmoid(tau (r - 1)) A. The gradient fades on both sides of r = 1
// and faster for bad tokens; it is never cut off. verl averages over the tokens of a sequence
// whatever aggregation is asked for, and clamps log-ratios to +-20, where the gate is shut anyway.
#pragma once

#include <gppo/core/host_device.hpp>
#include <gppo/core/math.hpp>
#include <gppo/core/token.hpp>

#include <concepts>

namespace gppo {

///            A > 0 (tau = tau_positive)       A <= 0 (tau = tau_negative)
///   value    4/tau sigmoid(tau (r - 1)) A     the same
///   weight   r sech^2(tau (r - 1) / 2) A      the same
struct Sapo {
    float tau_positive = 1.0f;
    float tau_negative = 1.05f;  ///< above tau_positive: bad tokens fade faster

    template <std::floating_point T>
    GPPO_HD constexpr Term<T> operator()(Token<T> t) const noexcept {
        const T tau = t.advantage > T(0) ? T(tau_positive) : T(tau_negative);
        // x is at least -tau, as r is at least 0; the bound is for absurd temperatures.
        const T x = tau * (t.ratio - T(1));
        const T decay = math::exp_finite(-x);
        const T scaled = T(4) / (tau + tau * decay);  // 4/tau gate in one division
        const T gate = scaled * tau / T(4);
        // sech^2 is 4 gate (1 - gate), but 1 - gate has no digits left where the gate is nearly
        // open: decay gate is the same with all of them.
        const T slope = T(4) * gate * (decay * gate);  // decay alone may be near the largest float
        return {scaled * t.advantage, slope * t.ratio * t.advantage};
    }
};

}  // namespace gppo
