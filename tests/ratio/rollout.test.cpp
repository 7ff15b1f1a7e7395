// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "two_phase.hpp"

using namespace gppo;

static_assert(TwoPhasePolicy<RolloutRatio<Cispo>> && TwoPhasePolicy<RolloutRatio<PpoClip>, double>);

TEST_CASE("the ratio against the engine is the ratio with the engine as the old policy",
          "[ratio][rollout]") {
    Doubles batch(1);
    Doubles swapped = batch;
    swapped.logp_old = batch.logp_rollout;
    CHECK(batch.j(RolloutRatio{Cispo{}}) == swapped.j(Cispo{}));
    CHECK(batch.dlogp == swapped.dlogp);
    CHECK(batch.j(RolloutRatio{PpoClip{}}) == swapped.j(PpoClip{}));
    CHECK(batch.dlogp == swapped.dlogp);
    CHECK(batch.j(RolloutRatio{Dro{}}) == swapped.j(Dro{}));  // looks at the log-probs themselves
    CHECK(batch.dlogp == swapped.dlogp);
}

TEST_CASE("a log-prob of the engine that is not finite is counted and does not train",
          "[ratio][rollout]") {
    Doubles batch(2);
    batch.j(RolloutRatio{PpoClip{}});
    auto expected = batch.dlogp;
    expected[3] = 0.0;
    batch.logp_rollout[3] = std::nan("");
    const Objective objective{GroupMean{}, RolloutRatio{PpoClip{}}, TokenMean{}};
    const Loss loss = evaluate(serial, objective, batch.view(), batch.dlogp);
    CHECK(loss.non_finite.count == 1);
    CHECK(loss.non_finite.token == 3);
    CHECK(std::isfinite(loss.value));
    CHECK(batch.dlogp == expected);
}

TEST_CASE("without the engine's log-probs there is an error", "[ratio][rollout]") {
    Doubles batch(1);
    Batch<double> view = batch.view();
    view.logp_rollout = {};
    const Objective objective{GroupMean{}, RolloutRatio{PpoClip{}}, TokenMean{}};
    CHECK_THROWS_WITH(evaluate(serial, objective, view, batch.dlogp),
                      Catch::Matchers::Contains("batch.logp_rollout"));
    CHECK(survives_extremes(RolloutRatio{PpoClip{}}));
    CHECK(silent_when_masked(RolloutRatio{PpoClip{}}));
}
