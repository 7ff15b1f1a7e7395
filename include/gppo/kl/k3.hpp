// SPDX-License-Identifier: Apache-2.0
//
// k3 (Schulman 2020; GRPO's penalty; "low_var_kl" in verl): e^-x + x - 1 with x = logp - logp_ref.
// Never negative, low variance, unbiased as a value; its gradient 1 - e^-x is biased. verl clamps
// the input to +-20 and the output to +-10 (no gradient outside); TRL does not, and neither does
// this.
#pragma once

#include <gppo/core/host_device.hpp>
#include <gppo/core/math.hpp>
#include <gppo/core/token.hpp>

#include <cmath>

namespace gppo {

/// value e^-x + x - 1, weight 1 - e^-x
struct K3 {
    template <std::floating_point T>
    GPPO_HD Term<T> operator()(T logp, T logp_ref) const noexcept {
        const T x = logp - logp_ref;
        if constexpr (sizeof(T) > sizeof(float)) {
            const T grown = std::expm1(-x < T(700) ? -x : T(700));
            return {grown + x, -grown};
        } else {
            // Both cancel near 0, where training lives: a series there. |x|^8 / 8! is the first
            // term lost.
            const T e = math::exp_finite(-x);
            const T s =
                T(1) / 2 -
                x * (T(1) / 6 -
                     x * (T(1) / 24 - x * (T(1) / 120 - x * (T(1) / 720 - x * (T(1) / 5040)))));
            const bool near = (x < T(0.25)) & (x > T(-0.25));
            const T value = near ? x * x * s : e + x - T(1);
            return {value, near ? x - value : T(1) - e};
        }
    }
};

}  // namespace gppo
