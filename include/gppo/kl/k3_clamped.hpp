// SPDX-License-Identifier: Apache-2.0
//
// k3 between two clamps, "low_var_kl" as verl runs it: x = logp - logp_ref is clamped to +-input,
// then the value to +-output, and where a clamp is active there is no gradient. NeMo-RL has the
// same numbers, OpenRLHF +-10, slime the output clamp for low_var_kl alone; TRL has none (K3).
//
//   x beyond +-20            value 10, weight 0
//   e^-x + x - 1 > 10        value 10, weight 0: x below -2.6, or above 11
//   else                     k3
//
// So the pull back is gone for a token 14 times less likely than under the reference, where k3's is
// strongest.
#pragma once

#include <gppo/core/host_device.hpp>
#include <gppo/core/math.hpp>
#include <gppo/core/token.hpp>
#include <gppo/kl/k3.hpp>

#include <concepts>

namespace gppo {

struct K3Clamped {
    float input = 20.0f;   ///< on logp - logp_ref
    float output = 10.0f;  ///< on the value

    template <std::floating_point T>
    GPPO_HD Term<T> operator()(T logp, T logp_ref) const noexcept {
        const T x = logp - logp_ref;
        const T kept = math::clamp(x, -T(input), T(input));
        const Term<T> k3 = K3{}(kept, T(0));
        const bool inside = (kept == x) & (k3.value <= T(output));
        return {math::min(k3.value, T(output)), inside ? k3.weight : T(0)};
    }
};

}  // namespace gppo
