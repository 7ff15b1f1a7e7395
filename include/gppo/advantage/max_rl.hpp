// SPDX-License-Identifier: Apache-2.0
//
// MaxRL (Tajwar et al. 2026, arXiv 2602.02710): divide by the mean, not by the standard deviation,
// which makes the gradient that of the log of the pass rate, i.e. maximum likelihood, as G grows.
//
//   A = (r - mean) / (mean + eps)
//
// With K right of G: (G - K) / K for a right completion and -1 for a wrong one. SkyRL and prime-rl;
// eps 1e-6. A negative mean would turn every sign, so a negative reward is refused here.
#pragma once

#include <gppo/advantage/singleton.hpp>
#include <gppo/core/error.hpp>

#include <string>

namespace gppo {

/// A group in which nothing is right gets exactly 0, and so does one without variance.
struct MaxRl {
    float eps = 1e-6f;
    Singleton singleton = Singleton::zero;

    template <std::floating_point T>
    void operator()(View<const T> rewards /*(G)*/, View<T> advantages /*(G)*/) const {
        for (const T r : rewards)
            expects(r >= T(0), [&] {
                return "MaxRL divides by the mean reward and got a reward of " + std::to_string(r) +
                       ": shift the rewards so that none is negative";
            });
        if (rewards.size == 1) return fill_singleton(singleton, rewards, advantages);
        const double mean = mean_of(rewards);
        const double scale = mean > 0.0 ? 1.0 / (mean + static_cast<double>(eps)) : 0.0;
        for (Index i = 0; i < rewards.size; ++i)
            advantages[i] = static_cast<T>((static_cast<double>(rewards[i]) - mean) * scale);
    }
};

}  // namespace gppo
