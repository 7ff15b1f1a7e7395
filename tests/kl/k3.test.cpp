// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "kl/slope.hpp"

#include <gppo/concepts/kl_penalty.hpp>
#include <gppo/kl/k3.hpp>

#include <cmath>

using namespace gppo;

static_assert(KlPenalty<K3> && KlPenalty<K3, double>);

TEST_CASE("k3's weight is the slope of its value", "[kl][k3]") {
    for (double x = -3.0; x < 3.0; x += 0.37)
        CHECK(slope_of(K3{}, x - 1.0, -1.0) == Approx(K3{}(x - 1.0, -1.0).weight).margin(1e-9));
}

TEST_CASE("k3 in float is exact to rounding, also near zero where e^-x + x - 1 cancels",
          "[kl][k3]") {
    for (double x = -4.0; x < 4.0; x += 0.00371) {
        const auto f = static_cast<float>(x * std::abs(x) / 4.0);
        const auto d = static_cast<double>(f);
        const Term<float> term = K3{}(f, 0.0f);
        INFO("x = " << d);
        CHECK(static_cast<double>(term.value) == Approx(std::expm1(-d) + d).epsilon(3e-6));
        CHECK(static_cast<double>(term.weight) == Approx(-std::expm1(-d)).epsilon(1e-6));
    }
    CHECK(K3{}(-1.0f, -1.0f).value == 0.0f);
    CHECK(K3{}(-1.0f, -1.0f).weight == 0.0f);
}

TEST_CASE("k3 is never negative and never NaN", "[kl][k3]") {
    for (const float x : {-200.0f, -104.0f, -89.0f, -20.0f, -1e-4f, 1e-4f, 20.0f, 104.0f, 200.0f}) {
        CHECK(K3{}(x, 0.0f).value >= 0.0f);
        CHECK(std::isfinite(K3{}(x, 0.0f).value));
        CHECK(std::isfinite(K3{}(x, 0.0f).weight));
    }
}
