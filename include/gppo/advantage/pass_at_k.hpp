// SPDX-License-Identifier: Apache-2.0
//
// Pass@k policy gradient (Tang et al. 2025, arXiv 2503.19595): the reward of a group is that of its
// best completion, and leaving one out only changes it for that one. So the best gets what it adds
// to the second best, and the others nothing:
//
//   A_best = (r_best - r_second) / (std + eps),   A_others = 0
//
// verl's "grpo_passk", which divides by the standard deviation where GRPO does and refuses a group
// of one. Two that share the first place cancel. Never negative: nothing is pushed down.
#pragma once

#include <gppo/advantage/group_norm.hpp>

namespace gppo {

struct PassAtK {
    bool scaled = true;  ///< divide by the standard deviation; the paper does not
    int ddof = 1;
    float eps = 1e-6f;
    Singleton singleton = Singleton::zero;

    template <std::floating_point T>
    void operator()(View<const T> rewards /*(G)*/, View<T> advantages /*(G)*/) const {
        if (rewards.size == 1) return fill_singleton(singleton, rewards, advantages);
        Index best = 0;
        for (Index i = 1; i < rewards.size; ++i)
            if (rewards[i] > rewards[best]) best = i;
        Index second = best == 0 ? 1 : 0;
        for (Index i = 0; i < rewards.size; ++i)
            if (i != best && rewards[i] > rewards[second]) second = i;
        const double lead =
            static_cast<double>(rewards[best]) - static_cast<double>(rewards[second]);
        const double scale = scaled ? deviation_of(rewards, ddof) + static_cast<double>(eps) : 1.0;
        for (T& a : advantages) a = T(0);
        if (lead > 0.0) advantages[best] = static_cast<T>(lead / scale);
    }
};

}  // namespace gppo
