// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/reward/format.hpp>

TEST_CASE("a missing tag replaces the answer's reward, </think> first", "[reward][format]") {
    constexpr gppo::ThinkPenalty penalty;
    CHECK(penalty(1.0f, {true, true}) == 1.0f);
    CHECK(penalty(-1.0f, {true, true}) == -1.0f);
    CHECK(penalty(1.0f, {false, true}) == -2.0f);
    CHECK(penalty(1.0f, {true, false}) == -0.5f);
    CHECK(penalty(1.0f, {false, false}) == -0.5f);
}

TEST_CASE("a format penalty adds to the reward", "[reward][format]") {
    CHECK(gppo::FormatPenalty{}(1.0f, true) == 1.0f);
    CHECK(gppo::FormatPenalty{-0.25f}(1.0f, false) == 0.75f);
}

TEST_CASE("parts read the form from the response", "[reward][format]") {
    constexpr gppo::Response bad{.well_formed = false, .tags = {true, false}};
    CHECK(gppo::ThinkPenalty{}(1.0f, bad) == -0.5f);
    CHECK(gppo::FormatPenalty{-0.25f}(1.0f, bad) == 0.75f);
    CHECK(gppo::FormatReward{}(bad) == 0.0f);
    CHECK(gppo::FormatReward{.good = 0.5f}({}) == 0.5f);
}
