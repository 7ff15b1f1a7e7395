// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "kl/slope.hpp"

#include <gppo/concepts/kl_penalty.hpp>
#include <gppo/kl/k3.hpp>
#include <gppo/kl/k3_clamped.hpp>

#include <cmath>

using namespace gppo;

static_assert(KlPenalty<K3Clamped> && KlPenalty<K3Clamped, double>);

TEST_CASE("the clamped k3's weight is the slope of its value", "[kl][k3_clamped]") {
    for (double x = -25.0; x < 25.0; x += 0.0733) {
        INFO("x = " << x);
        CHECK(slope_of(K3Clamped{}, x, 0.0) == Approx(K3Clamped{}(x, 0.0).weight).margin(1e-6));
    }
}

TEST_CASE("between its clamps it is k3", "[kl][k3_clamped]") {
    for (double x = -2.5; x < 10.9; x += 0.1) {
        CHECK(K3Clamped{}(x, 0.0).value == K3{}(x, 0.0).value);
        CHECK(K3Clamped{}(x, 0.0).weight == K3{}(x, 0.0).weight);
    }
}

TEST_CASE("an active clamp takes the gradient away", "[kl][k3_clamped]") {
    for (const float x : {-104.0f, -21.0f, -2.7f, 11.1f, 21.0f, 104.0f}) {
        CHECK(K3Clamped{}(x, 0.0f).value == 10.0f);
        CHECK(K3Clamped{}(x, 0.0f).weight == 0.0f);
    }
    const K3Clamped wide{.input = 2.0f, .output = 1e9f};
    CHECK(wide(-3.0, 0.0).value == Approx(std::exp(2.0) - 3.0));
    CHECK(wide(-3.0, 0.0).weight == 0.0);
    CHECK(wide(-2.0, 0.0).weight == Approx(1.0 - std::exp(2.0)));
}
