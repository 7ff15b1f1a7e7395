// SPDX-License-Identifier: Apache-2.0
//
// AdvantageEstimator: what turns the rewards of one group (the completions of one prompt) into
// advantages. It sees one group at a time; see advantage/ for the published ones.
#pragma once

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

/// An advantage estimator fills the advantages of a group from its rewards.
template <class E, class T = float>
concept AdvantageEstimator = MapsRewardsToAdvantages<E, T>;

}  // namespace gppo
