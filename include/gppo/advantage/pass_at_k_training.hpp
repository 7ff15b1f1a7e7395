// SPDX-License-Identifier: Apache-2.0
//
// Pass@k training (Chen et al. 2025, arXiv 2508.10751), the analytic form: of the G completions of
// a prompt, N are wrong. Draw every set of k of them, give all its members the reward "one of us is
// right", normalise the sets' rewards, and average over the sets a completion is in:
//
//   mean = 1 - C(N, k) / C(G, k),   std = sqrt(mean (1 - mean))
//   A_right = (1 - mean) / std,     A_wrong = (1 - mean - C(N - 1, k - 1) / C(G - 1, k - 1)) / std
//
// Prompts that are rarely right get the strongest push; k = 1 is GRPO with ddof 0 and eps 0.
#pragma once

#include <gppo/core/error.hpp>
#include <gppo/core/view.hpp>

#include <cmath>
#include <concepts>
#include <string>

namespace gppo {

/// A group in which every set, or none, has a right completion gets exactly 0.
struct PassAtKTraining {
    Index k = 4;
    float threshold = 0.0f;  ///< a reward above it is right

    template <std::floating_point T>
    void operator()(View<const T> rewards /*(G)*/, View<T> advantages /*(G)*/) const {
        const Index size = rewards.size;
        expects(k >= 1 && size >= k, [&] {
            return "pass@k training with k = " + std::to_string(k) +
                   " needs 1 <= k <= G, and a group has " + std::to_string(size) + " completions";
        });
        Index wrong = 0;
        for (const T r : rewards) wrong += !(r > T(threshold));
        const double none = chance_of_none(wrong, size, k);
        const double deviation = std::sqrt(none * (1.0 - none));
        const double scale = deviation > 0.0 ? 1.0 / deviation : 0.0;
        const double others = wrong > 0 ? chance_of_none(wrong - 1, size - 1, k - 1) : 0.0;
        for (Index i = 0; i < size; ++i) {
            const bool right = rewards[i] > T(threshold);
            advantages[i] = static_cast<T>((right ? none : none - others) * scale);
        }
    }

  private:
    /// C(wrong, draws) / C(all, draws): drawing without putting back, none is right.
    static double chance_of_none(Index wrong, Index all, Index draws) noexcept {
        double chance = 1.0;
        for (Index j = 0; j < draws; ++j)
            chance *=
                wrong > j ? static_cast<double>(wrong - j) / static_cast<double>(all - j) : 0.0;
        return chance;
    }
};

}  // namespace gppo
