// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "two_phase.hpp"

using namespace gppo;

static_assert(TwoPhasePolicy<Opsm<PpoClip>> && TwoPhasePolicy<Opsm<Gppo>, double>);

TEST_CASE("a bad sequence the policy has left is dropped, a good one never", "[clip][opsm]") {
    const bool with_engine = GENERATE(false, true);
    Doubles batch(1, 16);
    if (!with_engine) batch.logp_rollout.clear();
    const auto& from = with_engine ? batch.logp_rollout : batch.logp_old;
    const Opsm policy{PpoClip{}, 0.02f};
    batch.j(PpoClip{});
    const auto plain = batch.dlogp;
    batch.j(policy);
    Index dropped = 0;
    for (std::size_t b = 0; b + 1 < batch.offsets.size(); ++b) {
        double sum = 0;
        for (Index i = batch.offsets[b]; i < batch.offsets[b + 1]; ++i)
            sum += from[static_cast<std::size_t>(i)] - batch.logp[static_cast<std::size_t>(i)];
        const auto n = static_cast<double>(batch.offsets[b + 1] - batch.offsets[b]);
        const bool drop = batch.advantage[b] < 0 && sum / n > double(0.02f);
        dropped += drop;
        for (Index i = batch.offsets[b]; i < batch.offsets[b + 1]; ++i)
            CHECK(batch.dlogp[static_cast<std::size_t>(i)] ==
                  (drop ? 0.0 : plain[static_cast<std::size_t>(i)]));
    }
    CHECK(dropped > 0);
}

TEST_CASE("OPSM is silent where it must be and never a NaN", "[clip][opsm]") {
    CHECK(survives_extremes(Opsm{PpoClip{}}));
    CHECK(silent_when_masked(Opsm{PpoClip{}}));
}
