// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/reward/combine.hpp>
#include <gppo/reward/correctness.hpp>
#include <gppo/reward/format.hpp>
#include <gppo/reward/overlong.hpp>
#include <gppo/reward/shaped.hpp>
#include <gppo/reward/truncation.hpp>

#include <limits>

using namespace gppo;

namespace elsewhere {

struct NotANumber {
    float operator()(const Response&) const { return std::numeric_limits<float>::quiet_NaN(); }
};

}  // namespace elsewhere

TEST_CASE("parts apply in the order they are written", "[reward][shaped]") {
    constexpr Response right{.right = true, .tags = {true, false}};
    constexpr Shaped penalty_last{plus_minus_one, Weighted{FormatReward{}, 0.5f}, ThinkPenalty{}};
    STATIC_REQUIRE(penalty_last(right) == -0.5f);
    STATIC_REQUIRE(Shaped{ThinkPenalty{}, plus_minus_one}(right) == 0.5f);
    STATIC_REQUIRE(Shaped{plus_minus_one, plus_minus_one, Clamp{}}(right) == 1.0f);
}

TEST_CASE("Klear's maths reward is right or wrong, then the tags", "[reward][shaped]") {
    constexpr Shaped klear{plus_minus_one, ThinkPenalty{}};
    CHECK(klear({.right = true}) == 1.0f);
    CHECK(klear({.right = false}) == -1.0f);
    CHECK(klear({.right = true, .tags = {false, true}}) == -2.0f);
    CHECK(klear({.right = false, .tags = {true, false}}) ==
          -0.5f);  // better than wrong, as released
}

TEST_CASE("DAPO's reward is right or wrong and the overlong line", "[reward][shaped]") {
    constexpr Shaped dapo{plus_minus_one, Overlong{.longest = 100, .buffer = 50}};
    CHECK(dapo({.length = 75, .right = true}) == 0.5f);
    CHECK(dapo({.length = 100, .right = false}) == -2.0f);
}

TEST_CASE("a weight scales a term, and weight 0 takes it out", "[reward][shaped]") {
    CHECK(Weighted{zero_one, 0.25f}({.right = true}) == 0.25f);
    CHECK(Weighted{zero_one, -2.0f}({.right = true}) == -2.0f);
    CHECK(Weighted{elsewhere::NotANumber{}, 0.0f}({}) == 0.0f);
    CHECK(Shaped{}({}) == 0.0f);
}

TEST_CASE("where the verifier failed there is no reward and no penalty", "[reward][shaped]") {
    constexpr Shaped all{plus_minus_one, ThinkPenalty{}, Truncation{.penalise = true}};
    CHECK(all({.truncated = true, .tags = {false, false}}) == -1.0f);
    CHECK(all({.truncated = true, .infra = true, .tags = {false, false}}) == 0.0f);
}
