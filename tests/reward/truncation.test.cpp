// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/reward/truncation.hpp>

TEST_CASE("a cut-off completion is penalised, masked, or neither", "[reward][truncation]") {
    constexpr gppo::Truncation neither, penalised{.penalise = true, .reward = -0.5f},
        masked{.mask = true};
    CHECK(neither(1.0f, true) == 1.0f);
    CHECK(neither.trains(true));
    CHECK(penalised(1.0f, true) == -0.5f);
    CHECK(penalised(1.0f, false) == 1.0f);
    CHECK(penalised.trains(true));
    CHECK(masked(1.0f, true) == 1.0f);
    CHECK_FALSE(masked.trains(true));
    CHECK(masked.trains(false));
}

TEST_CASE("truncation replaces whatever the response had", "[reward][truncation]") {
    CHECK(gppo::Truncation{.penalise = true}(0.7f, {.truncated = true}) == -1.0f);
    CHECK(gppo::Truncation{.penalise = true}(0.7f, gppo::Response{}) == 0.7f);
}
