// SPDX-License-Identifier: Apache-2.0
//
// NeMo-RL's default for GRPO: mean and standard deviation of the OTHER completions, so that neither
// depends on the completion it judges.
//
//   A_i = r_i - mean_{j != i} r_j,   divided by (std_{j != i} r_j + eps) where that std is not 0
//
// Not GRPO's numbers: with one right answer of G, that one keeps A = 1 (the others have no
// variance) while each wrong one is divided. Bessel's correction is over the G - 1 others. NeMo
// computes the variance as E r^2 - (E r)^2 in float32; for equal rewards that are not exact in
// binary it may not be 0, and the advantage explodes. Here it is exactly 0.
#pragma once

#include <gppo/advantage/singleton.hpp>

#include <cmath>

namespace gppo {

struct LeaveOneOut {
    bool scaled = true;  ///< NeMo's normalize_rewards
    int ddof = 1;        ///< over the others
    float eps = 1e-6f;
    Singleton singleton = Singleton::zero;  ///< NeMo: zero

    template <std::floating_point T>
    void operator()(View<const T> rewards /*(G)*/, View<T> advantages /*(G)*/) const {
        if (rewards.size == 1) return fill_singleton(singleton, rewards, advantages);
        for (Index i = 0; i < rewards.size; ++i) {
            const double first = static_cast<double>(rewards[i == 0 ? 1 : 0]);
            const double others = static_cast<double>(rewards.size - 1);
            double sum = 0.0, squares = 0.0;
            for (Index j = 0; j < rewards.size; ++j)
                if (j != i) sum += static_cast<double>(rewards[j]) - first;
            const double mean = first + sum / others;
            for (Index j = 0; j < rewards.size; ++j) {
                const double d = j != i ? static_cast<double>(rewards[j]) - mean : 0.0;
                squares += d * d;
            }
            const double a = static_cast<double>(rewards[i]) - mean;
            const double deviation = squares > 0.0 ? std::sqrt(squares / (others - ddof)) : 0.0;
            const bool divide = scaled && deviation > 0.0;
            advantages[i] = static_cast<T>(divide ? a / (deviation + static_cast<double>(eps)) : a);
        }
    }
};

}  // namespace gppo
