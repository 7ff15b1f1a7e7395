// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "two_phase.hpp"

using namespace gppo;

static_assert(TwoPhasePolicy<Gmpo> && TwoPhasePolicy<Gmpo, double>);

TEST_CASE("GMPO's weight is the derivative of its value", "[ratio][gmpo]") {
    const auto seed = GENERATE(1u, 2u, 3u);
    Doubles batch(seed);
    CHECK(batch.slope_error(Gmpo{.low = 0.1f, .high = 0.15f}) < 1e-7);
}

TEST_CASE("GMPO clips tokens in log space on the side of their advantage", "[ratio][gmpo]") {
    Doubles batch(4, 8);
    const double j = batch.j(Gmpo{.low = 0.1f, .high = 0.15f});
    double expected = 0;
    Index clipped = 0;
    for (std::size_t b = 0; b + 1 < batch.offsets.size(); ++b) {
        const double a = batch.advantage[b];
        const auto n = static_cast<double>(batch.offsets[b + 1] - batch.offsets[b]);
        double sum = 0;
        for (Index t = batch.offsets[b]; t < batch.offsets[b + 1]; ++t) {
            const double d = batch.log_ratio(t);
            sum += a > 0 ? std::min(d, double(0.15f)) : std::max(d, -double(0.1f));
        }
        const double rho = std::exp(sum / n);
        expected += n * rho * a;
        for (Index t = batch.offsets[b]; t < batch.offsets[b + 1]; ++t) {
            const double d = batch.log_ratio(t);
            const bool out = a > 0 ? d > double(0.15f) : d < -double(0.1f);
            clipped += out;
            CHECK(batch.weight(static_cast<std::size_t>(t)) ==
                  Approx(out ? 0.0 : rho * a).epsilon(1e-12));
        }
    }
    CHECK(clipped > 0);
    CHECK(j == Approx(expected).epsilon(1e-12));
}

TEST_CASE("no log-ratio gives GMPO a NaN, and an infinite log-prob is left out", "[ratio][gmpo]") {
    CHECK(survives_extremes(Gmpo{}));
    CHECK(silent_when_masked(Gmpo{}));
    Doubles batch(5);
    batch.logp[20] = -std::numeric_limits<double>::infinity();
    Doubles masked(5);
    masked.mask.assign(masked.logp.size(), 1);
    masked.mask[20] = 0;
    CHECK(batch.j(Gmpo{}) == Approx(masked.j(Gmpo{})).epsilon(1e-14));
    CHECK(batch.dlogp[20] == 0.0);
}
