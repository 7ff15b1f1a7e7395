// SPDX-License-Identifier: Apache-2.0
//
// AdvantageEstimator: what turns rewards into advantages, one group (the completions of one prompt)
// or one sequence at a time; see advantage/ for the published ones. It is one of three calls, and
// what must see the whole optimizer step comes after it in finish():
//
//   estimate(rewards, advantages)      rewards of a group                     (G) -> (G)
//   estimate(group, advantages)        lengths, baselines and channels too    (G) -> (G)
//   estimate(trajectory, advantages)   rewards and values of each token       (T) -> (T)
//   estimate.finish(feedback, advantage)   optional: whitening, normalisers
#pragma once

#include <gppo/core/feedback.hpp>
#include <gppo/core/view.hpp>

#include <concepts>

namespace gppo {

/// Called as estimate(rewards, advantages) with two buffers of the group's size, it fills the
/// second.
template <class E, class T>
concept MapsRewardsToAdvantages =
    requires(const E estimate, View<const T> rewards, View<T> advantages) {
        { estimate(rewards, advantages) } -> std::same_as<void>;
    };

/// The same from a Group, for estimators that need more than the rewards.
template <class E, class T>
concept MapsGroupToAdvantages = requires(const E estimate, Group<T> group, View<T> advantages) {
    { estimate(group, advantages) } -> std::same_as<void>;
};

/// Called as estimate(trajectory, advantages), it fills an advantage for each token of a sequence.
template <class E, class T>
concept MapsTrajectoryToAdvantages =
    requires(const E estimate, Trajectory<T> trajectory, View<T> advantages) {
        { estimate(trajectory, advantages) } -> std::same_as<void>;
    };

/// It has a second phase, which changes the advantages of the whole optimizer step in place.
template <class E, class T>
concept FinishesAdvantages = requires(const E estimate, Feedback<T> feedback, View<T> advantage) {
    { estimate.finish(feedback, advantage) } -> std::same_as<void>;
};

/// An advantage estimator fills the advantages of a group, or of a sequence, from its rewards.
template <class E, class T = float>
concept AdvantageEstimator = MapsRewardsToAdvantages<E, T> || MapsGroupToAdvantages<E, T> ||
                             MapsTrajectoryToAdvantages<E, T>;

}  // namespace gppo
