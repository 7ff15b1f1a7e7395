// SPDX-License-Identifier: Apache-2.0
//
// GPG (Chu et al. 2025, arXiv 2504.02546): the plain policy gradient with a group baseline, scaled
// up for the sequences that give no gradient.
//
//   A = alpha (r - mean) / f_norm,   alpha = B / count
//
// In the paper count is the number of sequences whose group is not all right or all wrong. verl
// counts the rewards that are not 0 instead: with rewards of +-1 its alpha is always 1, and with
// 0 and 1 it counts the right answers, those of solved prompts too. Its loss is -A logp.
#pragma once

#include <gppo/advantage/group_mean.hpp>
#include <gppo/core/feedback.hpp>

#include <unordered_map>
#include <utility>

namespace gppo {

struct Gpg {
    enum class Count {
        nonzero_rewards,  ///< verl
        varied_groups,    ///< the paper: sequences of groups whose rewards differ
    };

    Count count = Count::nonzero_rewards;
    float f_norm = 1.0f;
    Singleton singleton = Singleton::zero;  ///< verl: raw

    template <std::floating_point T>
    void operator()(View<const T> rewards /*(G)*/, View<T> advantages /*(G)*/) const {
        GroupMean{singleton}(rewards, advantages);
    }
    template <std::floating_point T>
    void finish(const Feedback<T>& feedback, View<T> advantage /*(B)*/) const {
        const Index counted =
            count == Count::nonzero_rewards ? nonzero(feedback) : in_varied_groups(feedback);
        const double alpha =
            static_cast<double>(advantage.size) / static_cast<double>(counted > 0 ? counted : 1);
        for (T& a : advantage)
            a = static_cast<T>(static_cast<double>(a) * alpha / static_cast<double>(f_norm));
    }

  private:
    template <std::floating_point T>
    static Index nonzero(const Feedback<T>& feedback) noexcept {
        Index found = 0;
        for (const T r : feedback.reward) found += r != T(0);
        return found;
    }
    template <std::floating_point T>
    static Index in_varied_groups(const Feedback<T>& feedback) {
        std::unordered_map<Index, std::pair<T, bool>> seen;  // first reward; do others differ
        for (Index b = 0; b < feedback.group.size; ++b) {
            const auto entry = seen.try_emplace(feedback.group[b], feedback.reward[b], false).first;
            if (feedback.reward[b] != entry->second.first) entry->second.second = true;
        }
        Index found = 0;
        for (const Index group : feedback.group) found += seen.at(group).second;
        return found;
    }
};

}  // namespace gppo
