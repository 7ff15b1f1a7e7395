// SPDX-License-Identifier: Apache-2.0
//
// Dr. GRPO's advantage (Liu et al. 2025, arXiv 2503.20783): A = r - mean in the group. No division
// by the standard deviation, which would weigh prompts that are nearly always right or wrong too
// much.
#pragma once

#include <gppo/advantage/singleton.hpp>

namespace gppo {

struct GroupMean {
    Singleton singleton = Singleton::zero;

    template <std::floating_point T>
    void operator()(View<const T> rewards /*(G)*/, View<T> advantages /*(G)*/) const {
        if (rewards.size == 1) return fill_singleton(singleton, rewards, advantages);
        const double mean = mean_of(rewards);
        for (Index i = 0; i < rewards.size; ++i)
            advantages[i] = static_cast<T>(static_cast<double>(rewards[i]) - mean);
    }
};

}  // namespace gppo
