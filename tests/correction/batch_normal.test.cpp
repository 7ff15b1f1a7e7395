// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "two_phase.hpp"

using namespace gppo;

static_assert(TwoPhaseCorrection<BatchNormal<TokenTis>> &&
              TwoPhaseCorrection<BatchNormal<SequenceTis>, double>);

TEST_CASE("normalised weights have mean one over the tokens that train",
          "[correction][batch_normal]") {
    Doubles batch(1);
    for (std::size_t t = 0; t < batch.logp.size(); ++t) batch.mask.push_back(t % 4 != 1);
    const auto mean_of = [&](const auto& bound) {
        double sum = 0, n = 0;
        for (std::size_t t = 0; t < batch.logp.size(); ++t)
            if (batch.mask[t])
                sum += bound.at(static_cast<Index>(batch.sequence(t)))(batch.logp_old[t],
                                                                       batch.logp_rollout[t]),
                    ++n;
        return sum / n;
    };
    CHECK(mean_of(BatchNormal{TokenTis{1.1f}}.bind(serial, batch.view())) == Approx(1.0));
    CHECK(mean_of(BatchNormal{SequenceTis{1.1f}}.bind(serial, batch.view())) == Approx(1.0));
}

TEST_CASE("weights that are all masked away normalise to zero", "[correction][batch_normal]") {
    Doubles batch(1);
    CHECK(batch.j(PpoClip{}, BatchNormal{TokenMask{7.0f, 8.0f}}) == 0.0);
    CHECK(survives_extremes(PpoClip{}, BatchNormal{TokenTis{}}));
    CHECK(silent_when_masked(PpoClip{}, BatchNormal{TokenTis{}}));
}
