// SPDX-License-Identifier: Apache-2.0
//
// GDPO (Liu et al. 2026, arXiv 2601.05242): several rewards a completion, each normalised in the
// group on its own, so that a channel with a small spread is not drowned by one with a large.
//
//   A = whiten(sum_c w_c (r_c - mean_c) / (std_c + eps))
//
// verl and NeMo-RL whiten over tokens; TRL's normalize_then_sum over sequences with eps 1e-4 beside
// the root, and 1e-4 in the group too: Gdpo{{}, {.eps = 1e-4f}, {Over::sequences, 1, 1e-4f,
// Eps::beside_root}}.
#pragma once

#include <gppo/advantage/group_norm.hpp>
#include <gppo/advantage/whiten.hpp>
#include <gppo/core/error.hpp>
#include <gppo/core/feedback.hpp>

#include <string>
#include <vector>

namespace gppo {

/// Needs Feedback::channels (B, C).
struct Gdpo {
    std::vector<float> weights{};  ///< (C); empty: 1 each
    GroupNorm norm{};
    Whiten whiten{};

    template <std::floating_point T>
    void operator()(Group<T> group, View<T> advantages /*(G)*/) const {
        const Index size = group.rewards.size, channels = group.channels.size / size;
        expects(channels > 0, "GDPO needs reward channels: C rewards for every sequence");
        expects(weights.empty() || static_cast<Index>(weights.size()) == channels, [&] {
            return "GDPO has " + std::to_string(weights.size()) + " weights for " +
                   std::to_string(channels) + " reward channels";
        });
        std::vector<T> reward(static_cast<std::size_t>(size)), normalised(reward);
        for (T& a : advantages) a = T(0);
        for (Index c = 0; c < channels; ++c) {
            for (Index i = 0; i < size; ++i)
                reward[static_cast<std::size_t>(i)] = group.channels[i * channels + c];
            norm(View<const T>(reward), View<T>(normalised));
            const T w = weights.empty() ? T(1) : T(weights[static_cast<std::size_t>(c)]);
            for (Index i = 0; i < size; ++i)
                advantages[i] += w * normalised[static_cast<std::size_t>(i)];
        }
    }
    template <std::floating_point T>
    void finish(const Feedback<T>& feedback, View<T> advantage /*(B)*/) const {
        whiten(feedback, advantage);
    }
};

}  // namespace gppo
