// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "two_phase.hpp"

using namespace gppo;

static_assert(TokenCorrection<TokenMask> && TwoPhaseCorrection<SequenceMask> &&
              TwoPhaseCorrection<GeometricMask, double>);

TEST_CASE("a token out of bounds is dropped, one on a bound is kept", "[correction][mis]") {
    const TokenMask mask{.lowest = 0.5f, .highest = 2.0f};
    CHECK(mask(std::log(2.1), 0.0) == 0.0);
    CHECK(mask(std::log(0.4), 0.0) == 0.0);
    CHECK(mask(std::log(1.9), 0.0) == 1.0);
    CHECK(TokenMask{1.0f, 1.0f}(-3.0f, -3.0f) == 1.0f);
}

TEST_CASE("sequences are dropped whole, by product or by geometric mean", "[correction][mis]") {
    Doubles batch(1, 12);
    batch.j(PpoClip{});
    const auto plain = batch.dlogp;
    const auto kept = [&](bool geometric, auto mask) {
        batch.j(PpoClip{}, mask);
        Index dropped = 0;
        for (std::size_t b = 0; b + 1 < batch.offsets.size(); ++b) {
            double sum = 0;
            for (Index i = batch.offsets[b]; i < batch.offsets[b + 1]; ++i)
                sum += batch.logp_old[static_cast<std::size_t>(i)] -
                       batch.logp_rollout[static_cast<std::size_t>(i)];
            if (geometric) sum /= static_cast<double>(batch.offsets[b + 1] - batch.offsets[b]);
            const double w = std::exp(sum);
            const bool in = w >= double(mask.lowest) && w <= double(mask.highest);
            dropped += !in;
            for (Index i = batch.offsets[b]; i < batch.offsets[b + 1]; ++i)
                CHECK(batch.dlogp[static_cast<std::size_t>(i)] ==
                      (in ? plain[static_cast<std::size_t>(i)] : 0.0));
        }
        return dropped;
    };
    CHECK(kept(false, SequenceMask{0.8f, 1.25f}) > 0);
    CHECK(kept(true, GeometricMask{0.95f, 1.05f}) > 0);
}

TEST_CASE("masks survive every log-ratio", "[correction][mis]") {
    CHECK(survives_extremes(PpoClip{}, TokenMask{}));
    CHECK(survives_extremes(PpoClip{}, SequenceMask{}));
    CHECK(survives_extremes(PpoClip{}, GeometricMask{}));
    CHECK(silent_when_masked(PpoClip{}, GeometricMask{}));
}
