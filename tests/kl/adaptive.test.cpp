// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/kl/adaptive.hpp>

#include <limits>

using namespace gppo;

TEST_CASE("beta grows where the KL is above its target and shrinks below", "[kl][adaptive]") {
    const AdaptiveKl control{.target = 0.1, .horizon = 1000};
    CHECK(control(0.5, 0.1, 256) == 0.5);
    CHECK(control(0.5, 0.11, 100) == Approx(0.5 * (1 + 0.1 * 100 / 1000)));
    CHECK(control(0.5, 0.095, 100) == Approx(0.5 * (1 - 0.05 * 100 / 1000)));
}

TEST_CASE("the relative error is clipped to a fifth", "[kl][adaptive]") {
    const AdaptiveKl control{.target = 0.1, .horizon = 1000};
    CHECK(control(0.5, 9.0, 100) == Approx(0.5 * 1.02));
    CHECK(control(0.5, -1.0, 100) == Approx(0.5 * 0.98));
}

TEST_CASE("a broken KL or a giant step does not break beta", "[kl][adaptive]") {
    CHECK(AdaptiveKl{}(0.5, std::numeric_limits<double>::quiet_NaN(), 100) == 0.5);
    CHECK(AdaptiveKl{}(0.5, std::numeric_limits<double>::infinity(), 100) == 0.5);
    CHECK(AdaptiveKl{}(0.5, 0.0, 100000) == 0.5);
}
