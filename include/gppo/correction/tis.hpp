// SPDX-License-Identifier: Apache-2.0
//
// Truncated importance sampling (Yao et al. 2025, "Your efficient RL framework secretly brings you
// off-policy RL training"; the truncation is Ionides 2008): multiply by sg(min(w, cap)),
// w = pi_old / pi_rollout. verl and slime cap at 2, OpenRLHF clamps to [0.5, 5], AReaL caps at 5,
// SkyRL at 2 per token and 5 per sequence.
#pragma once

#include <gppo/core/pieces.hpp>
#include <gppo/correction/weight.hpp>

namespace gppo {

///            w < lowest             lowest <= w <= cap     w > cap
///   factor   lowest                 w                      cap
struct TokenTis {
    float cap = 2.0f;
    float lowest = 0.0f;

    template <std::floating_point T>
    GPPO_HD T operator()(T logp_old, T logp_rollout) const noexcept {
        return math::clamp(weight_of(logp_old - logp_rollout), T(lowest), T(cap));
    }
};

/// The same of the product of a sequence's weights. TRL "sequence_truncate" (cap 3), verl
/// rollout_is = "sequence".
struct SequenceTis {
    float cap = 5.0f;
    float lowest = 0.0f;

    template <class X, std::floating_point T>
    SequenceFactors<T> bind(const X& execution, const Batch<T>& batch) const {
        SequenceFactors<T> bound;
        for (const PartialSum& log_weight :
             sequence_differences(execution, batch, batch.logp_old, batch.logp_rollout))
            bound.factor.push_back(
                math::clamp(weight_of(static_cast<T>(log_weight.sum)), T(lowest), T(cap)));
        return bound;
    }
};

}  // namespace gppo
