// SPDX-License-Identifier: Apache-2.0
#include "advantage/estimate.hpp"
#include "catch.hpp"

#include <gppo/advantage/reinforce_plus_plus.hpp>

#include <cstdint>
#include <vector>

using namespace gppo;

static_assert(AdvantageEstimator<ReinforcePlusPlus> &&
              FinishesAdvantages<ReinforcePlusPlus, double>);

namespace {
const std::vector<Index> group{1, 2}, offsets{0, 3, 5};
const std::vector<double> rewards{0, 0.5, 1, 0, -1};
const Feedback<double> feedback{.group = group, .offsets = offsets, .token_reward = rewards};
}  // namespace

TEST_CASE("REINFORCE++ whitens the discounted reward-to-go of every token",
          "[advantage][reinforce_plus_plus]") {
    const ReinforcePlusPlus estimate{.gamma = 0.5f};
    std::vector<double> to_go{0.5, 1, 1, -0.5, -1};
    estimate.whiten(feedback, View<double>(to_go));
    const auto a = of_step(estimate, feedback);
    for (std::size_t t = 0; t < 5; ++t) CHECK(a[t] == Approx(to_go[t]));
}

TEST_CASE("REINFORCE++ discounts nothing for tokens that were not sampled",
          "[advantage][reinforce_plus_plus]") {
    const std::vector<std::uint8_t> mask{1, 1, 0, 0, 1, 1};
    const std::vector<Index> one{1}, six{0, 6};
    const std::vector<double> sparse{0, 1, 0, 0, 0, 4};
    std::vector<double> a(6), expected{1.0 + 0.5, 1.0 + 1.0, 0, 0, 2, 4};
    expected[0] = 0.5 * expected[1];
    const Feedback<double> gap{.group = one, .offsets = six, .mask = mask, .token_reward = sparse};
    token_advantages(ReinforcePlusPlus{.gamma = 0.5f}, gap, View<double>(a));
    CHECK(a == expected);
}

TEST_CASE("one reward for all leaves REINFORCE++ nothing to say",
          "[advantage][reinforce_plus_plus]") {
    const std::vector<double> same{0.1, 0.1};
    const Feedback<double> equal{.reward = same, .group = group, .offsets = offsets};
    CHECK(of_step(ReinforcePlusPlus{}, equal) == std::vector<double>(5, 0.0));
}
