// SPDX-License-Identifier: Apache-2.0
//
// Whitening of advantages over an optimizer step: A <- (A - mean) / sqrt(var + eps). GAE,
// REINFORCE++, its baseline form and GDPO end with it. What is counted differs between systems:
//
//   verl, slime, OpenRLHF   tokens that train, a long sequence counts more; ddof 1, eps 1e-8 in the
//   root TRL (RLOO, GDPO)        sequences; ddof 1, eps 1e-4 beside the root rLLM ddof 0
//
// The mean is that of the whole step, so a micro-batch or one process of many must not whiten
// alone. A group whose rewards are all equal has advantage 0 before and -mean / std after:
// whitening undoes a zero.
#pragma once

#include <gppo/core/error.hpp>
#include <gppo/core/feedback.hpp>

#include <cmath>
#include <vector>

namespace gppo {

/// Advantages that are all equal, or of a single token, become exactly 0; so do masked tokens.
struct Whiten {
    enum class Over { tokens, sequences };
    enum class Eps { in_root, beside_root };  ///< 1 / sqrt(var + eps), or 1 / (sqrt(var) + eps)

    Over over = Over::tokens;
    int ddof = 1;       ///< 1: Bessel's correction
    float eps = 1e-8f;  ///< verl
    Eps eps_at = Eps::in_root;

    template <std::floating_point T>
    void operator()(const Feedback<T>& feedback, View<T> advantage /*(B) or (T)*/) const {
        const std::vector<double> weight = weights(feedback, advantage.size);
        double first = 0.0, sum = 0.0, squares = 0.0, count = 0.0;
        for (Index i = 0; i < advantage.size; ++i) {
            const double w = weight[static_cast<std::size_t>(i)];
            if (w == 0.0) continue;
            const double a = static_cast<double>(advantage[i]);
            if (count == 0.0) first = a;  // equal advantages have exactly this mean
            sum += w * (a - first);
            count += w;
        }
        const double mean = first + (count > 0.0 ? sum / count : 0.0);
        for (Index i = 0; i < advantage.size; ++i) {
            const double d = static_cast<double>(advantage[i]) - mean;
            squares += weight[static_cast<std::size_t>(i)] * d * d;
        }
        const double scale = squares > 0.0 ? scale_of(squares / (count - ddof)) : 0.0;
        for (Index i = 0; i < advantage.size; ++i) {
            const bool counted = weight[static_cast<std::size_t>(i)] != 0.0;
            const double d = static_cast<double>(advantage[i]) - mean;
            advantage[i] = counted ? static_cast<T>(d * scale) : T(0);
        }
    }

  private:
    double scale_of(double variance) const noexcept {
        const double e = static_cast<double>(eps);
        return eps_at == Eps::in_root ? 1.0 / std::sqrt(variance + e)
                                      : 1.0 / (std::sqrt(variance) + e);
    }

    /// How often each advantage is counted.
    template <std::floating_point T>
    std::vector<double> weights(const Feedback<T>& feedback, Index size) const {
        std::vector<double> weight(static_cast<std::size_t>(size), 1.0);
        if (!feedback.offsets.empty() && size == feedback.tokens()) {
            for (Index t = 0; t < size; ++t)
                weight[static_cast<std::size_t>(t)] = feedback.trained(t) ? 1.0 : 0.0;
        } else if (over == Over::tokens) {
            expects(!feedback.offsets.empty(),
                    "whitening over tokens needs offsets; or whiten over sequences");
            for (Index b = 0; b < size; ++b)
                weight[static_cast<std::size_t>(b)] = static_cast<double>(feedback.length(b));
        }
        return weight;
    }
};

}  // namespace gppo
