// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/verify/maths_budget.hpp>

TEST_CASE("a meter is exhausted once more work is done than allowed", "[verify][maths_budget]") {
    gppo::MathsBudget budget;
    budget.work = 100;
    gppo::Meter meter(budget);
    CHECK(meter.spend(60));
    CHECK(meter.spend(40));
    CHECK_FALSE(meter.spend(1));
    CHECK(meter.exhausted());
    meter.forgive();
    CHECK(meter.exhausted());  // work stays done
    CHECK(meter.spent() == 101);
}

TEST_CASE("a number too large is forgiven, the work for it is not", "[verify][maths_budget]") {
    gppo::MathsBudget budget;
    budget.bits = 1000;
    gppo::Meter meter(budget);
    CHECK(meter.pay(1000));
    const auto spent = meter.spent();
    CHECK(spent > 0);
    CHECK_FALSE(meter.pay(1001));
    CHECK(meter.exhausted());
    meter.forgive();
    CHECK_FALSE(meter.exhausted());
    CHECK(meter.spent() > spent);
    CHECK_FALSE(meter.give_up());
    CHECK(meter.exhausted());
}

TEST_CASE("work for long numbers grows with the square of their length", "[verify][maths_budget]") {
    const auto cost = [](std::size_t bits) {
        gppo::Meter meter({});
        meter.pay(bits);
        return meter.spent();
    };
    CHECK(cost(64 * 200) > 3 * cost(64 * 100));
    CHECK(cost(64 * 200) < 5 * cost(64 * 100));
    CHECK(cost(std::size_t{1} << 40) > gppo::MathsBudget{}.work);  // no overflow
}
