// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "clip/coefficients.hpp"

#include <gppo/clip/region.hpp>
#include <gppo/clip/reinforce.hpp>
#include <gppo/concepts/clip_policy.hpp>

using namespace gppo;

static_assert(ClipPolicy<Reinforce> && ClipPolicy<Reinforce, double> && !HasRegion<Reinforce>);
static_assert(Reinforce{}(Token<float>{.logp = -2.0f, .ratio = 9.0f, .advantage = 3.0f}).value ==
              -6.0f);

TEST_CASE("REINFORCE has a coefficient of one at every ratio, for both signs",
          "[clip][reinforce]") {
    for (const double sign : {1.0, -1.0}) CHECK(has_row(Reinforce{}, sign, {1, 1, 1, 1, 1}));
}

TEST_CASE("REINFORCE's weight is the derivative of A logp", "[clip][reinforce]") {
    CHECK(is_gradient_of(Reinforce{}, [](double logp, double, double a) { return a * logp; }));
}

TEST_CASE("REINFORCE is finite at extreme ratios and silent without advantage",
          "[clip][reinforce]") {
    CHECK(never_nan(Reinforce{}));
    CHECK(silent_without_advantage(Reinforce{}));
}
