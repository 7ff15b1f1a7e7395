// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "two_phase.hpp"

using namespace gppo;

static_assert(TwoPhasePolicy<Mixed<PpoClip, CispoCap>> &&
              TwoPhasePolicy<Mixed<Gppo, Cispo>, double>);

TEST_CASE("sequences of another policy use its rule, the others their own", "[clip][mixed]") {
    Doubles batch(1, 12);
    const double on = batch.j(PpoClip{});
    const auto with_on = batch.dlogp;
    const double off = batch.j(CispoCap{});
    const auto with_off = batch.dlogp;
    const double mixed = batch.j(Mixed{PpoClip{}, CispoCap{}});
    for (std::size_t t = 0; t < with_on.size(); ++t)
        CHECK(batch.dlogp[t] == (batch.off_policy[batch.sequence(t)] ? with_off[t] : with_on[t]));
    std::fill(batch.off_policy.begin(), batch.off_policy.end(), std::uint8_t{0});
    CHECK(batch.j(Mixed{PpoClip{}, CispoCap{}}) == on);
    std::fill(batch.off_policy.begin(), batch.off_policy.end(), std::uint8_t{1});
    CHECK(batch.j(Mixed{PpoClip{}, CispoCap{}}) == off);
    CHECK(mixed != on);
}

TEST_CASE("a mixed policy says that it needs to know who wrote what", "[clip][mixed]") {
    Doubles batch(1);
    batch.off_policy.clear();
    CHECK_THROWS_WITH(batch.j(Mixed{PpoClip{}, CispoCap{}}),
                      Catch::Matchers::Contains("batch.off_policy"));
    CHECK(survives_extremes(Mixed{PpoClip{}, PpoClip{}}));
    CHECK(silent_when_masked(Mixed{PpoClip{}, PpoClip{}}));
}
