// SPDX-License-Identifier: Apache-2.0
//
// What an advantage estimator may look at: of one group, of one sequence, and of the whole
// optimizer step. Everything is a view of memory somebody else owns; what a method does not need
// stays empty.
#pragma once

#include <gppo/core/view.hpp>

#include <concepts>
#include <cstdint>

namespace gppo {

/// The G completions of one prompt.
template <std::floating_point T = float>
struct Group {
    View<const T> rewards{};      // (G)
    View<const Index> lengths{};  ///< tokens that train                           // (G) or empty
    View<const T> baselines{};    ///< reward of the prompt's greedy completion    // (G) or empty
    View<const T> channels{};  ///< C rewards of each completion, row by row    // (G, C) or empty
};

/// The T tokens of one sequence.
template <std::floating_point T = float>
struct Trajectory {
    View<const T> rewards{};          // (T)
    View<const T> values{};           ///< of the value head           // (T) or empty
    View<const std::uint8_t> mask{};  ///< 0: not sampled (observation) // (T) or empty
    View<T> returns{};                ///< to be written               // (T) or empty

    constexpr bool trained(Index t) const noexcept { return mask.empty() || mask[t] != 0; }
};

/// What B sequences with T tokens in all were given, over the whole optimizer step.
template <std::floating_point T = float>
struct Feedback {
    /// Empty: the sum of the sequence's token rewards, or else of its channels.
    View<const T> reward{};           // (B) or empty
    View<const Index> group{};        // (B)
    View<const Index> offsets{};      // (B + 1) or empty
    View<const std::uint8_t> mask{};  // (T) or empty
    View<const T> baseline{};         // (B) or empty
    View<const T> channels{};         // (B, C) or empty
    /// Empty: the reward of a sequence stands on its last token that trains.
    View<const T> token_reward{};  // (T) or empty
    View<const T> value{};         ///< of the value head  // (T) or empty
    View<T> returns{};             ///< written by Gae     // (T) or empty

    constexpr Index sequences() const noexcept { return group.size; }
    constexpr Index tokens() const noexcept { return offsets.empty() ? 0 : offsets[group.size]; }
    constexpr bool trained(Index t) const noexcept { return mask.empty() || mask[t] != 0; }
    /// Tokens of sequence b that train.
    constexpr Index length(Index b) const noexcept {
        Index count = 0;
        for (Index t = offsets[b]; t < offsets[b + 1]; ++t) count += trained(t);
        return count;
    }
};

}  // namespace gppo
