// SPDX-License-Identifier: Apache-2.0
#include "advantage/estimate.hpp"
#include "catch.hpp"

#include <gppo/advantage/max_rl.hpp>

#include <vector>

using namespace gppo;

static_assert(AdvantageEstimator<MaxRl> && AdvantageEstimator<MaxRl, double>);

TEST_CASE("MaxRL gives (G - K) / K to the right and -1 to the wrong", "[advantage][max_rl]") {
    const auto a = of_group(MaxRl{.eps = 0.0f}, {1, 0, 0, 0});
    CHECK(a == std::vector<double>{3, -1, -1, -1});
    CHECK(of_group(MaxRl{.eps = 0.25f}, {1, 0, 0, 0})[0] == Approx(0.75 / 0.5));
}

TEST_CASE("MaxRL is silent without variance and without a reward", "[advantage][max_rl]") {
    for (const double r : {0.0, 0.1, 1.0})
        for (const double a : of_group(MaxRl{.eps = 0.0f}, {r, r, r})) CHECK(a == 0.0);
    CHECK(of_group(MaxRl{}, {0.7})[0] == 0.0);
    CHECK(of_group(MaxRl{.singleton = Singleton::raw}, {0.7})[0] == 0.7);
}

TEST_CASE("MaxRL refuses a negative reward", "[advantage][max_rl]") {
    CHECK_THROWS_AS(of_group(MaxRl{}, {1, -1}), Error);
}
