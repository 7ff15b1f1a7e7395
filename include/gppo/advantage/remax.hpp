// SPDX-License-Identifier: Apache-2.0
//
// ReMax (Li et al. 2023, arXiv 2310.10505): the baseline is the reward of the greedy completion of
// the same prompt, A = r - r_greedy. One extra rollout a prompt, no critic, a group of one is
// enough. verl subtracts it from the reward-to-go of each token, which is the same wherever the
// reward stands on the last token.
#pragma once

#include <gppo/core/error.hpp>
#include <gppo/core/feedback.hpp>

namespace gppo {

/// Needs Feedback::baseline.
struct ReMax {
    template <std::floating_point T>
    void operator()(Group<T> group, View<T> advantages /*(G)*/) const {
        expects(group.baselines.size == group.rewards.size,
                "ReMax needs a baseline: the reward of the prompt's greedy completion, one a "
                "sequence");
        for (Index i = 0; i < group.rewards.size; ++i)
            advantages[i] = group.rewards[i] - group.baselines[i];
    }
};

}  // namespace gppo
