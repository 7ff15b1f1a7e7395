// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "two_phase.hpp"

using namespace gppo;

static_assert(TwoPhasePolicy<Gspo> && TwoPhasePolicy<GspoToken> && TwoPhasePolicy<Luspo>);
static_assert(TwoPhasePolicy<Gspo, double>);

TEST_CASE("GSPO's weight is the derivative of its value through the mean", "[ratio][gspo]") {
    const auto seed = GENERATE(1u, 2u, 3u);
    Doubles batch(seed);
    CHECK(batch.slope_error(Gspo{.low = 0.05f, .high = 0.04f}) < 1e-7);
    CHECK(std::count(batch.dlogp.begin(), batch.dlogp.end(), 0.0) > 0);
    CHECK(batch.slope_error(Gspo{.low = 0.9f, .high = 0.9f}) < 1e-7);
}

TEST_CASE("the form through the mean and the token form are the same loss", "[ratio][gspo]") {
    Doubles batch(4, 10);
    const double j = batch.j(Gspo{.low = 0.1f, .high = 0.1f});
    const auto dlogp = batch.dlogp;
    CHECK(batch.j(GspoToken{.low = 0.1f, .high = 0.1f}) == j);
    CHECK(batch.dlogp == dlogp);
}

TEST_CASE("GSPO clips whole sequences", "[ratio][gspo]") {
    Doubles batch(5, 10);
    const Gspo policy{.low = 0.05f, .high = 0.04f};
    batch.j(policy);
    for (std::size_t t = 0; t < batch.logp.size(); ++t) {
        const std::size_t b = batch.sequence(t);
        const double s = std::exp(batch.mean_log_ratio(b)), a = batch.advantage[b];
        const bool clipped = a > 0 ? s > 1.04 : s < 0.95;
        CHECK(batch.weight(t) == Approx(clipped ? 0.0 : s * a).epsilon(1e-12));
    }
}

TEST_CASE("GSPO-token gives each token its own advantage", "[ratio][gspo]") {
    Doubles batch(6);
    const auto ratios = GspoToken{}.bind(serial, batch.view());
    batch.advantage.clear();
    for (std::size_t t = 0; t < batch.logp.size(); ++t)
        batch.advantage.push_back(2 * batch.uniform() - 1);
    batch.j(GspoToken{.low = 0.9f, .high = 9.0f});
    for (std::size_t t = 0; t < batch.logp.size(); ++t) {
        const double s = ratios.at(static_cast<Index>(batch.sequence(t))).ratio;
        CHECK(batch.weight(t) == Approx(s * batch.advantage[t]).epsilon(1e-12));
    }
}

TEST_CASE("LUSPO is GSPO times the length of the sequence", "[ratio][gspo]") {
    Doubles batch(7);
    batch.mask.assign(batch.logp.size(), 1);
    batch.mask[4] = batch.mask[10] = 0;
    CHECK(batch.slope_error(Luspo{.low = 0.05f, .high = 0.04f}) < 1e-7);
    const auto scaled = batch.dlogp;
    batch.j(Gspo{.low = 0.05f, .high = 0.04f});
    for (std::size_t t = 0; t < batch.logp.size(); ++t) {
        const std::size_t b = batch.sequence(t);
        double n = 0;
        for (Index i = batch.offsets[b]; i < batch.offsets[b + 1]; ++i)
            n += batch.mask[static_cast<std::size_t>(i)];
        CHECK(scaled[t] == Approx(n * batch.dlogp[t]).epsilon(1e-12));
    }
}

TEST_CASE("no log-ratio gives GSPO or LUSPO a NaN", "[ratio][gspo]") {
    CHECK(survives_extremes(Gspo{}));
    CHECK(survives_extremes(GspoToken{}));
    CHECK(survives_extremes(Luspo{}));
    CHECK(silent_when_masked(Gspo{}));
    CHECK(silent_when_masked(Luspo{}));
}

TEST_CASE("diagnostics of GSPO look at the ratio it clips", "[ratio][gspo]") {
    Doubles batch(8, 10);
    Diagnostics seen;
    const Objective objective{GroupMean{}, Gspo{.low = 0.05f, .high = 0.04f}, TokenMean{}};
    evaluate(serial, objective, batch.view(), batch.dlogp, {}, seen);
    double clipped = 0;
    for (std::size_t t = 0; t < batch.logp.size(); ++t) {
        const std::size_t b = batch.sequence(t);
        const double s = std::exp(batch.mean_log_ratio(b)), a = batch.advantage[b];
        clipped += (a > 0 && s > 1.04) || (a < 0 && s < 0.95);
    }
    CHECK(clipped > 0);
    CHECK(seen.r2.count + seen.r3.count == clipped);
    CHECK(seen.r2.mass + seen.r3.mass == 0.0);
}
