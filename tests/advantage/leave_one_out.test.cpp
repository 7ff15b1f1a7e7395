// SPDX-License-Identifier: Apache-2.0
#include "advantage/estimate.hpp"
#include "catch.hpp"

#include <gppo/advantage/leave_one_out.hpp>
#include <gppo/advantage/rloo.hpp>

#include <cmath>
#include <vector>

using namespace gppo;

static_assert(AdvantageEstimator<LeaveOneOut> && AdvantageEstimator<LeaveOneOut, double>);

TEST_CASE("mean and deviation are those of the others", "[advantage][leave_one_out]") {
    const std::vector<double> rewards{0, 1, 5, 2};
    const auto a = of_group(LeaveOneOut{.eps = 0.0f}, rewards);
    for (std::size_t i = 0; i < 4; ++i) {
        double mean = 0.0, squares = 0.0;
        for (std::size_t j = 0; j < 4; ++j) mean += j == i ? 0.0 : rewards[j] / 3.0;
        for (std::size_t j = 0; j < 4; ++j)
            squares += j == i ? 0.0 : (rewards[j] - mean) * (rewards[j] - mean);
        CHECK(a[i] == Approx((rewards[i] - mean) / std::sqrt(squares / 2.0)));
    }
    CHECK(of_group(LeaveOneOut{.ddof = 0, .eps = 0.0f}, rewards)[0] ==
          Approx(a[0] * std::sqrt(3.0 / 2.0)));
}

TEST_CASE("one whose others are all equal is not divided", "[advantage][leave_one_out]") {
    const auto a = of_group(LeaveOneOut{}, {0.1, 0.1, 0.1, 1.1});
    CHECK(a[3] == Approx(1.0));
    CHECK(std::abs(a[0]) < 1.0);
    CHECK(of_group(LeaveOneOut{}, {0, 2}) == std::vector<double>{-2, 2});
}

TEST_CASE("without the division leave-one-out is RLOO", "[advantage][leave_one_out]") {
    const std::vector<double> rewards{0, 1, 5, 2};
    const auto a = of_group(LeaveOneOut{.scaled = false}, rewards),
               rloo = of_group(Rloo{}, rewards);
    for (std::size_t i = 0; i < 4; ++i) CHECK(a[i] == Approx(rloo[i]));
}

TEST_CASE("leave-one-out without variance, or of one", "[advantage][leave_one_out]") {
    for (const double a : of_group(LeaveOneOut{.eps = 0.0f}, {0.1, 0.1, 0.1})) CHECK(a == 0.0);
    CHECK(of_group(LeaveOneOut{}, {0.7})[0] == 0.0);
    CHECK(of_group(LeaveOneOut{.singleton = Singleton::raw}, {0.7})[0] == 0.7);
}
