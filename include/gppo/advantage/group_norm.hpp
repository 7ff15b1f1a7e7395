// SPDX-License-Identifier: Apache-2.0
//
// GRPO's advantage (Shao et al. 2024, arXiv 2402.03300): A = (r - mean) / (std + eps) in the group.
// ddof and eps differ between systems: verl, SkyRL, slime, ROLL 1 and 1e-6; TRL 1 and 1e-4;
// OpenRLHF 1 and 1e-9; rLLM 0 and 1e-6. The paper has no eps and does not say which std.
#pragma once

#include <gppo/advantage/singleton.hpp>

#include <cmath>

namespace gppo {

/// Standard deviation of a group; exactly 0 where all rewards are equal.
template <std::floating_point T>
double deviation_of(View<const T> rewards /*(G)*/, int ddof) noexcept {
    const double mean = mean_of(rewards);
    double squares = 0.0;
    for (const T r : rewards) {
        const double d = static_cast<double>(r) - mean;
        squares += d * d;
    }
    return std::sqrt(squares / static_cast<double>(rewards.size - ddof));
}

/// A group whose rewards are all equal gets exactly 0, with eps 0 too.
struct GroupNorm {
    int ddof = 1;                           ///< 1: divide by G - 1 (Bessel), 0: by G
    float eps = 1e-6f;                      ///< added to the standard deviation
    Singleton singleton = Singleton::zero;  ///< verl: raw

    template <std::floating_point T>
    void operator()(View<const T> rewards /*(G)*/, View<T> advantages /*(G)*/) const {
        if (rewards.size == 1) return fill_singleton(singleton, rewards, advantages);
        const double mean = mean_of(rewards), deviation = deviation_of(rewards, ddof);
        const double scale = deviation > 0.0 ? 1.0 / (deviation + static_cast<double>(eps)) : 0.0;
        for (Index i = 0; i < rewards.size; ++i)
            advantages[i] = static_cast<T>((static_cast<double>(rewards[i]) - mean) * scale);
    }
};

}  // namespace gppo
