// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/reward/combine.hpp>

#include <limits>
#include <vector>

TEST_CASE("weighted sums count what has weight", "[reward][combine]") {
    const float nan = std::numeric_limits<float>::quiet_NaN();
    const std::vector<float> rewards{1.0f, -0.5f, nan}, weights{1.0f, 0.5f, 0.0f};
    CHECK(gppo::weighted_sum(rewards, weights) == 0.75f);
    CHECK(gppo::weighted_sum({}, {}) == 0.0f);
    const std::vector<float> two{1.0f, 2.0f};
    CHECK_THROWS_AS(gppo::weighted_sum(rewards, two), gppo::Error);
}

TEST_CASE("a clamp holds a reward and lets NaN through", "[reward][combine]") {
    constexpr gppo::Clamp clamp{-2.0f, 1.0f};
    CHECK(clamp(5.0f) == 1.0f);
    CHECK(clamp(-5.0f) == -2.0f);
    CHECK(clamp(0.5f) == 0.5f);
    const float nan = clamp(std::numeric_limits<float>::quiet_NaN());
    CHECK(nan != nan);
}
