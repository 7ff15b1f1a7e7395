// SPDX-License-Identifier: Apache-2.0
//
// Runs an estimator on one group, or on a whole step, in double.
#pragma once

#include <gppo/advantages.hpp>

#include <vector>

/// Advantages of one group from its rewards.
template <class E>
std::vector<double> of_group(const E& estimate, const std::vector<double>& rewards) {
    std::vector<double> result(rewards.size(), 99.0);
    estimate(gppo::View<const double>(rewards), gppo::View<double>(result));
    return result;
}

/// Advantages of a whole step: one per sequence, or one per token.
template <class E>
std::vector<double> of_step(const E& estimate, const gppo::Feedback<double>& feedback) {
    constexpr bool by_token = gppo::MapsTrajectoryToAdvantages<E, double>;
    std::vector<double> result(
        static_cast<std::size_t>(by_token ? feedback.tokens() : feedback.sequences()), 99.0);
    gppo::advantages(estimate, feedback, result);
    return result;
}
