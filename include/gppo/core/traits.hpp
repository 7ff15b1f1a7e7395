// SPDX-License-Identifier: Apache-2.0
//
// What a method says about itself, so that it can be refused the company or the batch it cannot
// work with (legality.hpp). Optional: a policy without `static constexpr Traits traits` works with
// all.
#pragma once

#include <gppo/core/host_device.hpp>

namespace gppo {

struct Traits {
    bool one_advantage = false;     ///< defined for one advantage per sequence only
    bool sequence_mean = false;     ///< already an average over its sequence (GMPO)
    bool times_length = false;      ///< already multiplied by the sequence's length (LUSPO)
    bool from_rollout = false;      ///< its ratio is against the policy that sampled
    bool own_correction = false;    ///< bounds the mismatch in a weight of its own (VESPO)
    bool reads_rollout = false;     ///< needs batch.logp_rollout
    bool reads_entropy = false;     ///< needs batch.entropy and batch.entropy_old
    bool reads_off_policy = false;  ///< needs batch.off_policy
    bool all_tokens = false;        ///< bound with all tokens of the step, not sequence by sequence
};

template <class P>
GPPO_HD constexpr Traits traits_of() noexcept {
    if constexpr (requires { P::traits; })
        return P::traits;
    else
        return {};
}

}  // namespace gppo
