// SPDX-License-Identifier: Apache-2.0
//
// Shared by the tests of presets: what an estimator makes of one group.
#pragma once

#include <gppo/core/view.hpp>

#include <vector>

template <class E>
std::vector<float> advantages_of(const E& estimate, const std::vector<float>& rewards /*(G)*/) {
    std::vector<float> advantages(rewards.size());
    estimate(gppo::View<const float>(rewards), gppo::View<float>(advantages));
    return advantages;
}
