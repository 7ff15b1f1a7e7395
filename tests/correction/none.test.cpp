// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "two_phase.hpp"

using namespace gppo;

static_assert(Correction<NoCorrection> && !needs_rollout(NoCorrection{}));

TEST_CASE("without a correction the engine's log-probs are not read", "[correction][none]") {
    Doubles batch(1);
    const double j = batch.j(PpoClip{});
    for (double& x : batch.logp_rollout) x = std::nan("");
    CHECK(batch.j(PpoClip{}) == j);
}
