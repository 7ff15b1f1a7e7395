// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "two_phase.hpp"

using namespace gppo;

static_assert(TwoPhasePolicy<Vespo> && TwoPhasePolicy<Vespo, double>);

TEST_CASE("VESPO's weight of a sequence at ratio one is one", "[ratio][vespo]") {
    CHECK(Vespo::phi(0.0, 2.0, 3.0) == Approx(1.0).epsilon(1e-15));
    CHECK(Vespo::phi(0.0, 3.0, 2.0) == Approx(1.0).epsilon(1e-15));
    CHECK(Vespo::phi(1.0, 2.0, 3.0) < 1.0);  // decays on both sides of its peak
    CHECK(Vespo::phi(-2.0, 2.0, 3.0) < 1.0);
    CHECK(Vespo::phi(20.0, 2.0, 3.0) == 0.0);
}

TEST_CASE("VESPO weighs A logp with phi of the sequence's ratio", "[ratio][vespo]") {
    Doubles batch(1, 8, 0.6);
    const double j = batch.j(Vespo{});
    double expected = 0;
    for (std::size_t t = 0; t < batch.logp.size(); ++t) {
        const std::size_t b = batch.sequence(t);
        const auto n = static_cast<double>(batch.offsets[b + 1] - batch.offsets[b]);
        const double a = batch.advantage[b], w = std::exp(n * batch.mean_log_ratio(b));
        const double k = a < 0 ? 3 : 2, lambda = a < 0 ? 2 : 3;
        const double phi = std::exp(lambda) * std::pow(w, k) * std::exp(-lambda * w);
        CHECK(batch.weight(t) == Approx(phi * a).epsilon(1e-10));
        expected += phi * a * batch.logp[t];
    }
    CHECK(j == Approx(expected).epsilon(1e-10));
}

TEST_CASE("no log-ratio gives VESPO a NaN", "[ratio][vespo]") {
    CHECK(survives_extremes(Vespo{}));
    CHECK(silent_when_masked(Vespo{}));
}
