// SPDX-License-Identifier: Apache-2.0
#include "advantage/estimate.hpp"
#include "catch.hpp"

#include <gppo/advantage/reinforce_plus_plus_baseline.hpp>

#include <vector>

using namespace gppo;

static_assert(AdvantageEstimator<ReinforcePlusPlusBaseline> &&
              FinishesAdvantages<ReinforcePlusPlusBaseline, double>);

TEST_CASE("REINFORCE++-baseline whitens over the step what the group has centred",
          "[advantage][reinforce_plus_plus_baseline]") {
    const std::vector<double> reward{0, 3, 1, 5, 2};
    const std::vector<Index> group{1, 1, 2, 2, 3}, offsets{0, 3, 5, 9, 10, 12};
    const Feedback<double> feedback{.reward = reward, .group = group, .offsets = offsets};
    for (const auto rule : {Singleton::zero, Singleton::raw}) {
        std::vector<double> centred{-1.5, 1.5, -2, 2, rule == Singleton::raw ? 2.0 : 0.0};
        Whiten{}(feedback, View<double>(centred));
        CHECK(of_step(ReinforcePlusPlusBaseline{.singleton = rule}, feedback) == centred);
    }
}

TEST_CASE("REINFORCE++-baseline has no opinion on a step without variance",
          "[advantage][reinforce_plus_plus_baseline]") {
    const std::vector<double> reward{0.1, 0.1, 7, 7};
    const std::vector<Index> group{1, 1, 2, 2}, offsets{0, 3, 5, 9, 10};
    CHECK(of_step(ReinforcePlusPlusBaseline{},
                  {.reward = reward, .group = group, .offsets = offsets}) ==
          std::vector<double>(4, 0.0));
}
