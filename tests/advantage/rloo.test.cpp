// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/advantage/rloo.hpp>
#include <gppo/concepts/advantage_estimator.hpp>

#include <vector>

using namespace gppo;

static_assert(AdvantageEstimator<Rloo> && AdvantageEstimator<Rloo, double>);

TEST_CASE("RLOO's baseline is the mean of the other completions", "[advantage][rloo]") {
    const std::vector<double> rewards{0, 1, 5, 2};
    std::vector<double> a(4);
    Rloo{}(View<const double>(rewards), View<double>(a));
    for (std::size_t i = 0; i < 4; ++i)
        CHECK(a[i] == Approx(rewards[i] - (8.0 - rewards[i]) / 3.0));
}

TEST_CASE("a group of one follows RLOO's named rule", "[advantage][rloo]") {
    const std::vector<float> reward{0.7f};
    std::vector<float> a{9};
    Rloo{}(View<const float>(reward), View<float>(a));
    CHECK(a[0] == 0.0f);
    Rloo{.singleton = Singleton::raw}(View<const float>(reward), View<float>(a));
    CHECK(a[0] == 0.7f);
}
