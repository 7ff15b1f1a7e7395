// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/reward/overlong.hpp>

TEST_CASE("the overlong penalty is DAPO's line", "[reward][overlong]") {
    constexpr gppo::Overlong overlong{.longest = 20'480, .buffer = 4'096};  // DAPO's own setting
    CHECK(overlong(0) == 0.0f);
    CHECK(overlong(16'384) == 0.0f);
    CHECK(overlong(17'408) == -0.25f);
    CHECK(overlong(20'480) == -1.0f);
    CHECK(overlong(24'576) == -2.0f);
    CHECK(gppo::Overlong{.longest = 100, .buffer = 50, .factor = 2.0f}(75) == -1.0f);
    CHECK(gppo::Overlong{.longest = 100, .buffer = 0}(1000) == 0.0f);
}

TEST_CASE("the overlong penalty takes the limit from the response if it has none of its own",
          "[reward][overlong]") {
    CHECK(gppo::Overlong{.longest = 0, .buffer = 20}({.length = 90, .limit = 100}) == -0.5f);
    CHECK(gppo::Overlong{.longest = 200, .buffer = 20}({.length = 90, .limit = 100}) == 0.0f);
}
