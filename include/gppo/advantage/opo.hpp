// SPDX-License-Identifier: Apache-2.0
//
// OPO (Hao et al. 2025, arXiv 2505.23585): the baseline of least variance. The squared norm of a
// completion's gradient grows with its length l, so the mean is weighted with it:
//
//   A = r - sum_j l_j r_j / sum_j l_j
//
// On-policy; the paper has neither KL nor clip. As in verl, l counts the tokens that train.
#pragma once

#include <gppo/advantage/singleton.hpp>
#include <gppo/core/error.hpp>
#include <gppo/core/feedback.hpp>

namespace gppo {

/// Needs Feedback::offsets. A group without a token that trains, or without variance, gets 0.
struct Opo {
    Singleton singleton = Singleton::zero;  ///< verl: raw

    template <std::floating_point T>
    void operator()(Group<T> group, View<T> advantages /*(G)*/) const {
        const View<const T> rewards = group.rewards;
        if (rewards.size == 1) return fill_singleton(singleton, rewards, advantages);
        expects(group.lengths.size == rewards.size,
                "OPO needs the length of each completion: give offsets");
        const double first = static_cast<double>(rewards[0]);
        double sum = 0.0, length = 0.0;
        for (Index i = 0; i < rewards.size; ++i) {
            const double weight = static_cast<double>(group.lengths[i]);
            sum += weight * (static_cast<double>(rewards[i]) - first);
            length += weight;
        }
        const double baseline = first + sum / length;
        for (Index i = 0; i < rewards.size; ++i)
            advantages[i] =
                length > 0.0 ? static_cast<T>(static_cast<double>(rewards[i]) - baseline) : T(0);
    }
};

}  // namespace gppo
