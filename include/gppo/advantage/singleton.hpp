// SPDX-License-Identifier: Apache-2.0
//
// What the advantage of a group of one is. Systems differ silently (verl: the raw reward; slime:
// NaN; rloo_vectorized and SkyRL: 0), so every estimator here names it. Also the mean they all
// start from.
#pragma once

#include <gppo/core/view.hpp>

#include <concepts>

namespace gppo {

enum class Singleton {
    zero,  ///< no comparison, no signal
    raw,   ///< the reward itself, as in verl
};

/// Mean of a group, as the first reward plus the mean of the differences to it: equal rewards give
/// exactly that reward, so a group without variance has advantages of exactly 0.
template <std::floating_point T>
double mean_of(View<const T> rewards /*(G)*/) noexcept {
    const double first = static_cast<double>(rewards[0]);
    double sum = 0.0;
    for (const T r : rewards) sum += static_cast<double>(r) - first;
    return first + sum / static_cast<double>(rewards.size);
}

/// advantages = reward, or 0.
template <std::floating_point T>
void fill_singleton(Singleton rule, View<const T> rewards /*(1)*/,
                    View<T> advantages /*(1)*/) noexcept {
    advantages[0] = rule == Singleton::raw ? rewards[0] : T(0);
}

}  // namespace gppo
