// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/advantage/value_loss.hpp>

#include <cmath>

using namespace gppo;

static_assert(ValueLoss{.clip = 0.5f}(1.0, 1.0, 3.0).value == 2.0);

TEST_CASE("the value loss's weight is the slope of its value", "[advantage][value_loss]") {
    const ValueLoss loss{.clip = 0.5f};
    for (const double ret : {-1.3, -0.2, 0.05, 0.4, 2.0})
        for (double v = -2.0; v < 2.0; v += 0.0371) {
            const double h = 1e-6, tie = 2.0 * ret - v;  // where both errors are equal
            if (std::abs(std::abs(v) - 0.5) < 1e-3 || std::abs(std::abs(tie) - 0.5) < 1e-3)
                continue;
            const double slope =
                (loss(v + h, 0.0, ret).value - loss(v - h, 0.0, ret).value) / (2.0 * h);
            INFO("V " << v << " R " << ret);
            CHECK(loss(v, 0.0, ret).weight == Approx(slope).margin(1e-6));
        }
}

TEST_CASE("the larger of the two squared errors counts", "[advantage][value_loss]") {
    const ValueLoss loss{.clip = 0.5f};
    // It moved towards the return by more than the clip: the clipped error is larger, no gradient.
    CHECK(loss(0.9, 0.0, 1.0).value == Approx(0.5 * 0.25));
    CHECK(loss(0.9, 0.0, 1.0).weight == 0.0);
    // It moved away: the plain error is larger and pulls back.
    CHECK(loss(-0.9, 0.0, 1.0).value == Approx(0.5 * 1.9 * 1.9));
    CHECK(loss(-0.9, 0.0, 1.0).weight == Approx(-1.9));
}

TEST_CASE("on the bound, and on a tie outside, the value loss keeps its gradient",
          "[advantage][value_loss]") {
    const ValueLoss loss{.clip = 0.5f};
    CHECK(loss(0.5, 0.0, 1.0).weight == -0.5);
    CHECK(loss(1.5, 0.0, 1.0).weight == 0.5);
}

TEST_CASE("a clip of zero means none", "[advantage][value_loss]") {
    CHECK(ValueLoss{.clip = 0.0f}(0.9, 0.0, 1.0).weight == Approx(-0.1));
}
