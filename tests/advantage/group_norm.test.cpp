// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/advantage/group_norm.hpp>
#include <gppo/concepts/advantage_estimator.hpp>

#include <cmath>
#include <vector>

using namespace gppo;

static_assert(AdvantageEstimator<GroupNorm> && AdvantageEstimator<GroupNorm, double>);

namespace {
std::vector<double> advantages_of(const GroupNorm& estimate, std::vector<double> rewards) {
    std::vector<double> result(rewards.size(), 99.0);
    estimate(View<const double>(rewards), View<double>(result));
    return result;
}
}  // namespace

TEST_CASE("GRPO's advantage with Bessel's correction", "[advantage][group_norm]") {
    const auto a = advantages_of({.eps = 0.0f}, {0, 0, 1, 1});
    for (const std::size_t i : {0u, 1u}) CHECK(a[i] == Approx(-0.5 / std::sqrt(1.0 / 3.0)));
    for (const std::size_t i : {2u, 3u}) CHECK(a[i] == Approx(0.5 / std::sqrt(1.0 / 3.0)));
}

TEST_CASE("ddof 0 divides by the size of the group", "[advantage][group_norm]") {
    CHECK(advantages_of({.ddof = 0, .eps = 0.0f}, {0, 0, 1, 1})[2] == Approx(1.0));
}

TEST_CASE("eps is added to the standard deviation, not to the variance",
          "[advantage][group_norm]") {
    const auto a = advantages_of({.ddof = 0, .eps = 0.5f}, {0, 0, 1, 1});
    CHECK(a[3] == Approx(0.5 / (0.5 + 0.5)));
}

TEST_CASE("a group without variance gets exactly zero", "[advantage][group_norm]") {
    for (const float eps : {1e-6f, 0.0f})
        for (const double reward : {0.0, 1.0, 0.1, -1e6})
            for (const double a : advantages_of({.eps = eps}, {reward, reward, reward}))
                CHECK(a == 0.0);
}

TEST_CASE("a group of one follows GRPO's named rule", "[advantage][group_norm]") {
    CHECK(advantages_of({}, {0.7})[0] == 0.0);
    CHECK(advantages_of({.singleton = Singleton::raw}, {0.7})[0] == 0.7);
}
