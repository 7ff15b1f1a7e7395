// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/reward/correctness.hpp>

TEST_CASE("the named scales are the published ones", "[reward][correctness]") {
    STATIC_REQUIRE(gppo::zero_one(true) == 1.0f);
    STATIC_REQUIRE(gppo::zero_one(false) == 0.0f);
    STATIC_REQUIRE(gppo::plus_minus_one(true) == 1.0f);
    STATIC_REQUIRE(gppo::plus_minus_one(false) == -1.0f);
}

TEST_CASE("a share of tests passed lies between wrong and right", "[reward][correctness]") {
    CHECK(gppo::zero_one(0.25f) == 0.25f);
    CHECK(gppo::plus_minus_one(0.25f) == -0.5f);  // 4 of 16, as Klear's released code scores it
}
