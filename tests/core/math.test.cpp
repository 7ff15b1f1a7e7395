// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/core/math.hpp>

#include <cmath>
#include <limits>

using namespace gppo;

TEST_CASE("exp is within 1.5e-7 of the true value where it is a normal float", "[core][math]") {
    double worst = 0;
    for (int i = -86'980; i <= 88'700; ++i) {
        const float x = static_cast<float>(i) * 1e-3f;
        const double exact = std::exp(static_cast<double>(x));
        worst = std::max(worst, std::abs(static_cast<double>(math::exp(x)) - exact) / exact);
    }
    CHECK(worst < 1.5e-7);
}

TEST_CASE("exp keeps the IEEE limits: 1 at 0, inf on overflow, 0 on underflow, NaN through",
          "[core][math]") {
    const float inf = std::numeric_limits<float>::infinity();
    CHECK(math::exp(0.0f) == 1.0f);
    CHECK(math::exp(89.0f) == inf);
    CHECK(math::exp(inf) == inf);
    CHECK(math::exp(-inf) == 0.0f);
    CHECK(math::exp(-104.0f) == 0.0f);
    CHECK(math::exp(-86.98f) > 0.0f);
    CHECK(math::exp(-87.0f) == 0.0f);  // no denormals
    CHECK(math::exp(88.7f) < inf);
    CHECK(std::isnan(math::exp(std::numeric_limits<float>::quiet_NaN())));
}

TEST_CASE("exp_finite is exp up to e^88, and finite whatever it is given", "[core][math]") {
    const float inf = std::numeric_limits<float>::infinity();
    for (const float x : {-inf, -100.0f, -1.0f, -0.0f, 0.0f, 1e-7f, 20.0f, 88.0f})
        CHECK(math::exp_finite(x) == math::exp(x));
    for (const float x : {88.1f, 1000.0f, inf}) CHECK(math::exp_finite(x) == math::exp(88.0f));
    CHECK(math::finite(math::exp_finite(std::numeric_limits<float>::quiet_NaN())));
    CHECK(math::exp_finite(1000.0) == std::exp(709.0));
}

TEST_CASE("finite tells numbers from NaN and both infinities", "[core][math]") {
    const float inf = std::numeric_limits<float>::infinity();
    CHECK(math::finite(0.0f));
    CHECK(math::finite(-3.4e38f));
    CHECK_FALSE(math::finite(inf));
    CHECK_FALSE(math::finite(-inf));
    CHECK_FALSE(math::finite(std::numeric_limits<double>::quiet_NaN()));
}

TEST_CASE("the small helpers agree with their definitions", "[core][math]") {
    const double inf = std::numeric_limits<double>::infinity();
    CHECK(math::min(1, 2) == 1);
    CHECK(math::max(1, 2) == 2);
    CHECK(math::clamp(5.0f, 0.0f, 1.0f) == 1.0f);
    CHECK(math::abs(-2.5) == 2.5);
    CHECK(math::rsqrt(4.0f) == 0.5f);
    CHECK(math::sigmoid(0.0f) == 0.5f);
    CHECK(math::sigmoid(-200.0f) == 0.0f);
    CHECK(math::log(1.0f) == 0.0f);
    CHECK(math::at_most(2.0f, 1.0f) == 1.0f);
    CHECK(math::at_most(-2.0f, 1.0f) == -2.0f);
    CHECK(math::at_most(inf, 3.0) == 3.0);
    CHECK(math::at_least(-2.0f, -1.0f) == -1.0f);
    CHECK(math::at_least(2.0f, -1.0f) == 2.0f);
}

TEST_CASE("sqrt is within an ulp for every kind of number", "[math]") {
    double worst = 0;
    for (std::uint32_t bits = 0; bits < 0x7F800000u; bits += 997) {  // 997: all exponents, odd ends
        const float x = __builtin_bit_cast(float, bits);
        const double want = std::sqrt(static_cast<double>(x));
        const double got = static_cast<double>(gppo::math::sqrt(x));
        if (want == 0.0) {
            REQUIRE(got == 0.0);
            continue;
        }
        worst = std::max(worst, std::abs(got - want) / std::ldexp(1.0, std::ilogb(want) - 23));
    }
    CHECK(worst <= 1.0);
    CHECK(gppo::math::sqrt(0.0f) == 0.0f);
    CHECK(gppo::math::sqrt(4.0f) == 2.0f);
    CHECK(gppo::math::sqrt(std::numeric_limits<float>::infinity()) ==
          std::numeric_limits<float>::infinity());
    CHECK(std::isnan(gppo::math::sqrt(std::nanf(""))));
}
