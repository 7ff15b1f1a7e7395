// SPDX-License-Identifier: Apache-2.0
#include "advantage/estimate.hpp"
#include "catch.hpp"

#include <gppo/advantage/pass_at_k.hpp>

#include <vector>

using namespace gppo;

static_assert(AdvantageEstimator<PassAtK> && AdvantageEstimator<PassAtK, double>);

TEST_CASE("the best completion gets its lead, the others nothing", "[advantage][pass_at_k]") {
    CHECK(of_group(PassAtK{.scaled = false}, {1, 7, -2, 4}) == std::vector<double>{0, 3, 0, 0});
    CHECK(of_group(PassAtK{.scaled = false}, {9, 7}) == std::vector<double>{2, 0});
    const std::vector<double> rewards{1, 7, -2, 4};
    const double deviation = deviation_of(View<const double>(rewards), 1);
    CHECK(of_group(PassAtK{.eps = 0.0f}, rewards)[1] == Approx(3.0 / deviation));
}

TEST_CASE("it is what leaving a completion out takes from the group's best",
          "[advantage][pass_at_k]") {
    const std::vector<double> rewards{0.3, -1, 0.9, 0.8};
    const auto a = of_group(PassAtK{.scaled = false}, rewards);
    for (std::size_t i = 0; i < 4; ++i) {
        double others = -99.0;
        for (std::size_t j = 0; j < 4; ++j)
            if (j != i && rewards[j] > others) others = rewards[j];
        CHECK(a[i] == Approx(0.9 - others).margin(1e-12));
    }
}

TEST_CASE("ties and groups of one in pass@k", "[advantage][pass_at_k]") {
    for (const double a : of_group(PassAtK{.eps = 0.0f}, {0.1, 0.1, 0.1})) CHECK(a == 0.0);
    for (const double a : of_group(PassAtK{}, {1, 0, 1})) CHECK(a == 0.0);
    CHECK(of_group(PassAtK{}, {0.7})[0] == 0.0);
    CHECK(of_group(PassAtK{.singleton = Singleton::raw}, {0.7})[0] == 0.7);
}
