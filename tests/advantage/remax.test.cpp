// SPDX-License-Identifier: Apache-2.0
#include "advantage/estimate.hpp"
#include "catch.hpp"

#include <gppo/advantage/remax.hpp>

#include <vector>

using namespace gppo;

static_assert(AdvantageEstimator<ReMax> && !FinishesAdvantages<ReMax, double>);

TEST_CASE("ReMax's baseline is what the greedy completion got", "[advantage][remax]") {
    const std::vector<double> reward{1, 0, 0.5}, greedy{0.25, 1, 0.5};
    const std::vector<Index> group{4, 5, 4};
    CHECK(of_step(ReMax{}, {.reward = reward, .group = group, .baseline = greedy}) ==
          std::vector<double>{0.75, -1, 0});
    CHECK_THROWS_AS(of_step(ReMax{}, {.reward = reward, .group = group}), Error);
}
