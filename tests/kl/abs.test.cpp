// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "kl/slope.hpp"

#include <gppo/concepts/kl_penalty.hpp>
#include <gppo/kl/abs.hpp>

using namespace gppo;

static_assert(KlPenalty<AbsKl> && KlPenalty<AbsKl, double>);
static_assert(AbsKl{}(-3.0f, -1.0f).value == 2.0f && AbsKl{}(-3.0f, -1.0f).weight == -1.0f);

TEST_CASE("the absolute log-ratio's weight is the slope of its value", "[kl][abs]") {
    for (double x = -3.0; x < 3.0; x += 0.37)
        CHECK(slope_of(AbsKl{}, x - 1.0, -1.0) == Approx(AbsKl{}(x - 1.0, -1.0).weight));
}

TEST_CASE("where policy and reference agree, the absolute log-ratio does not pull", "[kl][abs]") {
    CHECK(AbsKl{}(-1.25f, -1.25f).value == 0.0f);
    CHECK(AbsKl{}(-1.25f, -1.25f).weight == 0.0f);
}
