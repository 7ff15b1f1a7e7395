// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/advantage/group_mean.hpp>
#include <gppo/concepts/advantage_estimator.hpp>

#include <vector>

using namespace gppo;

static_assert(AdvantageEstimator<GroupMean> && AdvantageEstimator<GroupMean, double>);

TEST_CASE("Dr. GRPO subtracts the mean and does not divide", "[advantage][group_mean]") {
    const std::vector<float> rewards{0, 1, 5};
    std::vector<float> a(3);
    GroupMean{}(View<const float>(rewards), View<float>(a));
    CHECK(a == std::vector<float>{-2, -1, 3});
}

TEST_CASE("a group of one follows Dr. GRPO's named rule", "[advantage][group_mean]") {
    const std::vector<float> reward{0.7f};
    std::vector<float> a{9};
    GroupMean{}(View<const float>(reward), View<float>(a));
    CHECK(a[0] == 0.0f);
    GroupMean{.singleton = Singleton::raw}(View<const float>(reward), View<float>(a));
    CHECK(a[0] == 0.7f);
}
