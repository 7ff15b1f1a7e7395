// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "two_phase.hpp"

using namespace gppo;

static_assert(TwoPhasePolicy<M2po<PpoClip>> && TwoPhasePolicy<M2po<Gppo>, double>);

TEST_CASE("M2PO drops the largest squares until the mean of the rest is small enough",
          "[clip][m2po]") {
    const double threshold = GENERATE(0.0, 1e-4, 0.005, 0.02, 1.0);
    Doubles batch(1, 150, 0.4, 30);
    for (std::size_t t = 0; t < batch.logp.size(); ++t) batch.mask.push_back(t % 6 != 1);
    batch.j(PpoClip{});
    const auto plain = batch.dlogp;
    std::vector<float> squares;
    const auto square = [&](std::size_t t) {
        const double d = batch.logp_old[t] - batch.logp_rollout[t];
        return static_cast<float>(d * d);
    };
    for (std::size_t t = 0; t < plain.size(); ++t)
        if (batch.mask[t]) squares.push_back(square(t));
    std::sort(squares.begin(), squares.end());
    double sum = 0;
    std::size_t keep = 0;
    while (keep < squares.size() && sum + double(squares[keep]) <= threshold * double(keep + 1))
        sum += double(squares[keep++]);
    const float cut =
        keep < squares.size() ? squares[keep] : std::numeric_limits<float>::infinity();
    batch.j(M2po{PpoClip{}, threshold});
    std::size_t kept = 0;
    for (std::size_t t = 0; t < plain.size(); ++t) {
        const bool on = batch.mask[t] && square(t) < cut;
        kept += on;
        CHECK(batch.dlogp[t] == (on ? plain[t] : 0.0));
    }
    CHECK(kept == keep);
}

TEST_CASE("M2PO says what it needs and is never a NaN", "[clip][m2po]") {
    Doubles batch(2);
    batch.logp_rollout.clear();
    CHECK_THROWS_WITH(batch.j(M2po{PpoClip{}}), Catch::Matchers::Contains("batch.logp_rollout"));
    CHECK(survives_extremes(M2po{PpoClip{}}));
    CHECK(silent_when_masked(M2po{PpoClip{}}));
    Doubles broken(3);
    broken.logp_rollout[2] = std::nan("");
    const Objective objective{GroupMean{}, M2po{PpoClip{}}, TokenMean{}};
    const Loss loss = evaluate(serial, objective, broken.view(), broken.dlogp);
    CHECK(loss.non_finite.count == 1);
    CHECK(loss.non_finite.token == 2);
    CHECK(std::isfinite(loss.value));
}
