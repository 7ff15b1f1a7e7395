// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/reward/turns.hpp>

using namespace gppo;

TEST_CASE("turns before the final one earn or cost once", "[reward][turns]") {
    constexpr TurnReward turns;
    CHECK(turns({}) == 0.0f);
    CHECK(turns({.turns = 3}) == 0.1f);
    CHECK(turns({.turns = 3, .malformed_turns = 1}) == -0.1f);
    CHECK(turns({.turns = 6}) == 0.1f);
    CHECK(turns({.turns = 7}) == 0.0f);
    CHECK(turns({.turns = 7, .malformed_turns = 6}) == Approx(-0.2f));
    CHECK(TurnReward{.each = true}({.turns = 4, .malformed_turns = 1}) == Approx(0.1f));
    CHECK(TurnReward{.each = true}({.turns = 4}) == Approx(0.3f));
}

TEST_CASE("one tool call that cannot be read spoils the format", "[reward][turns]") {
    constexpr ToolFormat format{.none = 0.5f};
    CHECK(format({}) == 0.5f);
    CHECK(format({.calls = 2}) == 1.0f);
    CHECK(format({.calls = 2, .malformed_calls = 1}) == 0.0f);
}
