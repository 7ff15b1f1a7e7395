// SPDX-License-Identifier: Apache-2.0
//
// IcePop (Ring-1T, 2025, arXiv 2510.18855): keep the weight w = pi_old / pi_rollout inside a
// window, drop the token outside, on both sides and for both signs of the advantage. NeMo-RL's
// window is [0.5, 5]; TRL calls it "token_mask"; SkyRL takes the weight of the policy being trained
// instead.
#pragma once

#include <gppo/correction/weight.hpp>

namespace gppo {

///            w < lowest             lowest <= w <= highest  w > highest
///   factor   0                      w                       0
struct IcePop {
    float lowest = 0.5f;
    float highest = 5.0f;

    template <std::floating_point T>
    GPPO_HD T operator()(T logp_old, T logp_rollout) const noexcept {
        const T w = weight_of(logp_old - logp_rollout);
        return ((w >= T(lowest)) & (w <= T(highest))) ? w : T(0);
    }
};

}  // namespace gppo
