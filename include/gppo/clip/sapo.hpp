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
        const bool good = t.advantage > T(0);
        const T tau = good ? T(tau_positive) : T(tau_negative);
        const T scale = good ? T(4) / T(tau_positive) : T(4) / T(tau_negative);
        const T x = tau * (t.ratio - T(1));
        // Of e^-|x|, so that the small side of the sigmoid keeps its digits: 1 - sigmoid would not.
        const T decay = math::exp(-math::abs(x));
        const T larger = T(1) / (T(1) + decay), smaller = decay * larger;
        const T gate = x < T(0) ? smaller : larger;
        return {scale * gate * t.advantage, T(4) * larger * smaller * t.ratio * t.advantage};
    }
};

}  // namespace gppo
