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

TEST_CASE("4 of 16 tests are 0.25 in Klear's paper, -0.5 in its code and 0 for all or nothing",
          "[reward][correctness]") {
    constexpr gppo::Response four{.right = false, .passed = 0.25f};
    CHECK(gppo::code_soft_paper(four) == 0.25f);
    CHECK(gppo::code_soft_released(four) == -0.5f);
    CHECK(gppo::code_hard(four) == 0.0f);
    constexpr gppo::Response all{.right = true, .passed = 1.0f};
    CHECK(gppo::code_soft_paper(all) == 1.0f);
    CHECK(gppo::code_soft_released(all) == 1.0f);
    CHECK(gppo::code_hard(all) == 1.0f);
}
