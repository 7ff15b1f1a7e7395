// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/reward/score.hpp>

TEST_CASE("a score starts as a wrong answer with no excuse", "[reward][score]") {
    constexpr gppo::Score score;
    STATIC_REQUIRE(score.score == 0.0f);
    STATIC_REQUIRE_FALSE(score.truncated || score.unparsable || score.infra);
    CHECK(score == gppo::Score{});
    CHECK_FALSE(score == gppo::Score{.acc = 1.0f});
}
