// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/concepts/kl_penalty.hpp>
#include <gppo/kl/none.hpp>

using namespace gppo;

static_assert(KlPenalty<NoKl> && KlPenalty<NoKl, double>);

TEST_CASE("no penalty is zero, value and slope", "[kl][none]") {
    CHECK(NoKl{}(1.0f, 2.0f).value == 0.0f);
    CHECK(NoKl{}(1.0f, 2.0f).weight == 0.0f);
}
