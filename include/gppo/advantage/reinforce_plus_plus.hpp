// SPDX-License-Identifier: Apache-2.0
//
// REINFORCE++ (Hu et al. 2025, arXiv 2501.03262): the discounted reward-to-go of each token,
// whitened over the tokens of the step. No critic, no groups.
//
//   A_t = r_t + gamma A_{t+1}, then (A - mean) / sqrt(var + eps)
//
// The paper has the KL penalty in the reward: subtract it from Feedback::token_reward first
// (kl/in_reward.hpp). Tokens that were not sampled are skipped, with no discount for them; verl's
// older code lost everything behind them.
#pragma once

#include <gppo/advantage/whiten.hpp>
#include <gppo/core/feedback.hpp>

namespace gppo {

struct ReinforcePlusPlus {
    float gamma = 1.0f;
    Whiten whiten{};

    template <std::floating_point T>
    void operator()(Trajectory<T> s, View<T> advantages /*(T)*/) const {
        double to_go = 0.0;
        for (Index t = s.rewards.size; t-- > 0;) {
            const bool trained = s.trained(t);
            if (trained)
                to_go = static_cast<double>(s.rewards[t]) + static_cast<double>(gamma) * to_go;
            advantages[t] = trained ? static_cast<T>(to_go) : T(0);
            if (!s.returns.empty()) s.returns[t] = advantages[t];
        }
    }
    template <std::floating_point T>
    void finish(const Feedback<T>& feedback, View<T> advantage /*(T)*/) const {
        whiten(feedback, advantage);
    }
};

}  // namespace gppo
