// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "clip/coefficients.hpp"

#include <gppo/clip/region.hpp>
#include <gppo/clip/sapo.hpp>
#include <gppo/concepts/clip_policy.hpp>

using namespace gppo;

static_assert(ClipPolicy<Sapo> && ClipPolicy<Sapo, double> && !HasRegion<Sapo>);

namespace {
double sech2(double x) {
    return 1.0 / (std::cosh(x) * std::cosh(x));
}
/// 4/tau sigmoid(tau (r - 1)) A with the published temperatures, which float rounds.
double published(double logp, double, double advantage) {
    const double tau = advantage > 0 ? 1.0 : double(1.05f);
    return 4.0 / tau / (1.0 + std::exp(-tau * (std::exp(logp + 2.0) - 1.0))) * advantage;
}
}  // namespace

TEST_CASE("SAPO has the published coefficients", "[clip][sapo]") {
    const Row good{.470, 1, 1.410, .723, .001}, bad{.467, 1, 1.401, .630, .000};
    for (std::size_t i = 0; i < good.size(); ++i) {
        CHECK(row_of<double>(Sapo{}, 1.0)[i] == Approx(good[i]).margin(5e-4));
        CHECK(row_of<double>(Sapo{}, -1.0)[i] == Approx(bad[i]).margin(5e-4));
    }
}

TEST_CASE("SAPO's weight is the derivative of its gate", "[clip][sapo]") {
    CHECK(is_gradient_of(Sapo{}, published));
}

TEST_CASE("SAPO keeps its relative accuracy in float where the gate is nearly shut",
          "[clip][sapo]") {
    for (const float ratio : {1e-6f, 0.01f, 1.0f, 6.0f, 10.0f, 15.0f}) {
        const double exact = double(ratio) * sech2((double(ratio) - 1.0) / 2.0);
        CHECK(coefficient_of(Sapo{}, 1.0f, ratio) == Approx(exact).epsilon(1e-6));
    }
}

TEST_CASE("SAPO never cuts a token off: only underflow ends its gradient", "[clip][sapo]") {
    for (const double sign : {1.0, -1.0})
        for (double ratio = 0.01; ratio < 60.0; ratio *= 1.1)
            CHECK(coefficient_of(Sapo{}, sign, ratio) > 0.0);
}

TEST_CASE("SAPO takes the temperature of bad tokens for A <= 0", "[clip][sapo]") {
    const Sapo policy{.tau_positive = 0.5f, .tau_negative = 2.0f};
    CHECK(coefficient_of(policy, 1.0, 3.0) == Approx(3.0 * sech2(0.5)));
    CHECK(coefficient_of(policy, -1.0, 3.0) == Approx(3.0 * sech2(2.0)));
}

TEST_CASE("SAPO is never NaN and silent without advantage", "[clip][sapo]") {
    CHECK(never_nan(Sapo{}));
    CHECK(never_nan(Sapo{.tau_positive = 200.0f, .tau_negative = 300.0f}));
    CHECK(silent_without_advantage(Sapo{}));
}
