// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/reward/bradley_terry.hpp>

#include <cmath>
#include <limits>

using namespace gppo;

TEST_CASE("Bradley-Terry is the log-loss of the better answer winning", "[reward][bradley_terry]") {
    for (const double lead : {-30.0, -3.0, -0.1, 0.0, 0.1, 2.0, 30.0}) {
        const Term<double> term = BradleyTerry{}(lead + 0.7, 0.7);
        CHECK(term.value == Approx(std::log1p(std::exp(-lead))).margin(1e-12));
        CHECK(term.weight == Approx(-1.0 / (1.0 + std::exp(lead))).margin(1e-12));
    }
    CHECK(BradleyTerry{}(1.0, 1.0).value == Approx(std::log(2.0)));
    CHECK(BradleyTerry{.margin = 1}(3.0, 1.0).value == Approx(BradleyTerry{}(2.0, 1.0).value));
}

TEST_CASE("the weight is the slope of the loss", "[reward][bradley_terry]") {
    const BradleyTerry loss{.margin = 0.25f};
    for (const double chosen : {-4.0, -0.5, 0.3, 5.0})
        for (const double rejected : {-3.0, 0.0, 0.29, 6.0}) {
            const double h = 1e-5;
            const double weight = loss(chosen, rejected).weight;
            CHECK((loss(chosen + h, rejected).value - loss(chosen - h, rejected).value) / (2 * h) ==
                  Approx(weight).margin(1e-8));
            CHECK((loss(chosen, rejected + h).value - loss(chosen, rejected - h).value) / (2 * h) ==
                  Approx(-weight).margin(1e-8));
        }
}

TEST_CASE("a pair that is wrong by far has a loss and a slope", "[reward][bradley_terry]") {
    for (const float lead : {104.0f, 1e4f, 1e30f}) {
        const Term<float> wrong = BradleyTerry{}(-lead, 0.0f), right = BradleyTerry{}(lead, 0.0f);
        CHECK(wrong.value == lead);
        CHECK(wrong.weight == -1.0f);
        CHECK(right.value == 0.0f);
        CHECK(right.weight == Approx(0.0f).margin(1e-30));
    }
}
