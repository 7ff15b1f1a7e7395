// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/gppo.hpp>

#include <vector>

TEST_CASE("the one include is enough to evaluate an objective", "[gppo]") {
    const std::vector<float> logp{-0.5f}, logp_old{-1.5f};
    const std::vector<gppo::Index> offsets{0, 1}, group{0};
    std::vector<float> advantage{1.0f}, coefficient{1.0f}, dlogp(1);
    const gppo::Batch<> batch{.logp = logp,
                              .logp_old = logp_old,
                              .offsets = offsets,
                              .group = group,
                              .advantage = advantage,
                              .coefficient = coefficient};
    const gppo::Objective objective{gppo::GroupNorm{}, gppo::Gppo{}, gppo::TokenMean{}};
    CHECK(gppo::evaluate(gppo::serial, objective, batch, dlogp).value == Approx(-1.28));
    CHECK(dlogp[0] == Approx(-1.28));
}
