// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/concepts/kl_penalty.hpp>
#include <gppo/kl/k1.hpp>
#include <gppo/kl/k2.hpp>
#include <gppo/kl/k3.hpp>
#include <gppo/kl/straight_through.hpp>

using namespace gppo;

static_assert(KlPenalty<StraightThrough<K1>> && KlPenalty<StraightThrough<K3>, double>);

TEST_CASE("straight-through has the base's value and k2's weight", "[kl][straight_through]") {
    for (double logp = -4.0; logp < 0.0; logp += 0.31) {
        CHECK(StraightThrough{K1{}}(logp, -1.0).value == K1{}(logp, -1.0).value);
        CHECK(StraightThrough{K3{}}(logp, -1.0).value == K3{}(logp, -1.0).value);
        CHECK(StraightThrough{K1{}}(logp, -1.0).weight == K2{}(logp, -1.0).weight);
        CHECK(StraightThrough{K3{}}(logp, -1.0).weight == K2{}(logp, -1.0).weight);
    }
}
