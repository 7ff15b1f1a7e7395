// SPDX-License-Identifier: Apache-2.0
//
// What a reward is composed of; see reward/ for the published parts and reward/shaped.hpp for the
// composition. A part is one of two calls:
//
//   term(response)            -> float   a reward of its own, which adds to the others
//   shaper(reward, response)  -> float   the new reward, made from the reward so far
#pragma once

#include <gppo/core/response.hpp>

#include <concepts>

namespace gppo {

/// Called as term(response), it returns a float. Not a bool: say what right and wrong are worth.
template <class P>
concept MapsResponseToReward = requires(const P part, const Response& response) {
    { part(response) } -> std::same_as<float>;
};

/// Called as shaper(reward, response), it returns the new reward.
template <class P>
concept MapsRewardToReward = requires(const P part, float reward, const Response& response) {
    { part(reward, response) } -> std::same_as<float>;
};

/// A reward that adds to others.
template <class P>
concept RewardTerm = std::copyable<P> && MapsResponseToReward<P>;

/// A part of a reward: it adds to the reward so far, or replaces it.
template <class P>
concept RewardShaper = std::copyable<P> && (MapsResponseToReward<P> || MapsRewardToReward<P>);

}  // namespace gppo
