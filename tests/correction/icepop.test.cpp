// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "two_phase.hpp"

using namespace gppo;

static_assert(TokenCorrection<IcePop> && TokenCorrection<IcePop, double>);

TEST_CASE("IcePop keeps the weight inside its window and drops both sides",
          "[correction][icepop]") {
    const IcePop pop{.lowest = 0.5f, .highest = 5.0f};
    CHECK(pop(std::log(0.49), 0.0) == 0.0);
    CHECK(pop(std::log(0.51), 0.0) == Approx(0.51));
    CHECK(pop(std::log(4.9), 0.0) == Approx(4.9));
    CHECK(pop(std::log(5.1), 0.0) == 0.0);
    CHECK(survives_extremes(PpoClip{}, pop));
    CHECK(silent_when_masked(PpoClip{}, pop));
}

TEST_CASE("the table of coefficients under IcePop", "[correction][icepop]") {
    // F of REINFORCE with a window of [0.5, 5] at ratios 0.5, 1, 1.5, 4, 12 of old over engine.
    for (const double w : {0.5, 1.0, 1.5, 4.0, 12.0}) {
        Doubles batch(1, 1);
        batch.logp = batch.logp_old;
        batch.logp_rollout[0] = batch.logp_old[0] - std::log(w);
        batch.j(PpoClip{}, IcePop{0.4999f, 5.0f});
        CHECK(batch.weight(0) / batch.advantage[0] == Approx(w <= 5 ? w : 0.0));
    }
}
