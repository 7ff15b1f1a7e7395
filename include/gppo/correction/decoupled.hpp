// SPDX-License-Identifier: Apache-2.0
//
// Decoupled PPO (Hilton et al. 2022, arXiv 2110.00641; AReaL, arXiv 2505.24298): clip against a
// proximal policy, weigh with proximal over behaviour. logp_old holds the proximal log-probs and
// logp_rollout those of the behaviour policy; the clip is whatever the objective has, PpoClip in
// the paper. The paper has no cap; AReaL drops tokens whose weight is above one (5).
#pragma once

#include <gppo/correction/weight.hpp>

#include <limits>

namespace gppo {

///            w <= cap               w > cap
///   factor   w                      0
struct Decoupled {
    float cap = std::numeric_limits<float>::infinity();

    template <std::floating_point T>
    GPPO_HD T operator()(T logp_old, T logp_rollout) const noexcept {
        const T w = weight_of(logp_old - logp_rollout);
        return w <= T(cap) ? w : T(0);
    }
};

}  // namespace gppo
