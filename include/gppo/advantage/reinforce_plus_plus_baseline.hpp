// SPDX-License-Identifier: Apache-2.0
//
// REINFORCE++-baseline (Hu et al. 2025, arXiv 2501.03262): the group gives the mean, the whole step
// the scale.
//
//   A = r - mean in the group, then whitened over the tokens of the step
//
// verl, slime and OpenRLHF; rLLM has ddof 0. The paper whitens over the step because the standard
// deviation of a small group is a poor estimate. Long sequences count more in the mean, so it is
// not exactly 0, and a group without variance ends at -mean / std.
#pragma once

#include <gppo/advantage/group_mean.hpp>
#include <gppo/advantage/whiten.hpp>

namespace gppo {

struct ReinforcePlusPlusBaseline {
    Singleton singleton = Singleton::zero;  ///< verl: raw
    Whiten whiten{};

    template <std::floating_point T>
    void operator()(View<const T> rewards /*(G)*/, View<T> advantages /*(G)*/) const {
        GroupMean{singleton}(rewards, advantages);
    }
    template <std::floating_point T>
    void finish(const Feedback<T>& feedback, View<T> advantage /*(B)*/) const {
        whiten(feedback, advantage);
    }
};

}  // namespace gppo
