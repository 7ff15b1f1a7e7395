// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "kl/slope.hpp"

#include <gppo/concepts/kl_penalty.hpp>
#include <gppo/kl/k2.hpp>

using namespace gppo;

static_assert(KlPenalty<K2> && KlPenalty<K2, double>);
static_assert(K2{}(-1.0f, -3.0f).value == 2.0f);

TEST_CASE("k2's weight is the slope of its value", "[kl][k2]") {
    for (double x = -3.0; x < 3.0; x += 0.37)
        CHECK(slope_of(K2{}, x - 1.0, -1.0) == Approx(K2{}(x - 1.0, -1.0).weight).margin(1e-9));
}

TEST_CASE("k2 is zero where policy and reference agree", "[kl][k2]") {
    CHECK(K2{}(-1.25f, -1.25f).value == 0.0f);
}
