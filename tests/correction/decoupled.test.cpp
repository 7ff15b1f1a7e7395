// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "two_phase.hpp"

using namespace gppo;

static_assert(TokenCorrection<Decoupled> && TokenCorrection<Decoupled, double>);

TEST_CASE("decoupled PPO weighs with proximal over behaviour, without bound or up to a cap",
          "[correction][decoupled]") {
    CHECK(Decoupled{}(std::log(30.0), 0.0) == Approx(30.0));
    CHECK(Decoupled{.cap = 5.0f}(std::log(30.0), 0.0) == 0.0);
    CHECK(Decoupled{.cap = 5.0f}(std::log(4.0), 0.0) == Approx(4.0));
}

TEST_CASE("inside the region decoupled PPO is importance sampling from the behaviour policy",
          "[correction][decoupled]") {
    Doubles batch(1, 6, 0.05);
    batch.j(PpoClip{}, Decoupled{});
    for (std::size_t t = 0; t < batch.logp.size(); ++t)
        CHECK(batch.weight(t) == Approx(std::exp(batch.logp[t] - batch.logp_rollout[t]) *
                                        batch.advantage[batch.sequence(t)])
                                     .epsilon(1e-12));
    CHECK(survives_extremes(PpoClip{}, Decoupled{}));
    CHECK(silent_when_masked(PpoClip{}, Decoupled{}));
}
