// SPDX-License-Identifier: Apache-2.0
//
// RLOO (Kool et al. 2019; Ahmadian et al. 2024, arXiv 2402.14740): the baseline of a completion is
// the mean of the others, A_i = r_i - mean_{j != i} r_j = G / (G - 1) (r_i - mean).
#pragma once

#include <gppo/advantage/singleton.hpp>

namespace gppo {

struct Rloo {
    Singleton singleton = Singleton::zero;  ///< verl: raw; its vectorised form, SkyRL: zero

    template <std::floating_point T>
    void operator()(View<const T> rewards /*(G)*/, View<T> advantages /*(G)*/) const {
        if (rewards.size == 1) return fill_singleton(singleton, rewards, advantages);
        const double mean = mean_of(rewards);
        const double size = static_cast<double>(rewards.size);
        for (Index i = 0; i < rewards.size; ++i)
            advantages[i] =
                static_cast<T>((static_cast<double>(rewards[i]) - mean) * size / (size - 1.0));
    }
};

}  // namespace gppo
