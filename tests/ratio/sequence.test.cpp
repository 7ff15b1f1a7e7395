// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "two_phase.hpp"

using namespace gppo;

static_assert(TwoPhasePolicy<SequenceRatio<Gppo>> && TwoPhasePolicy<SequenceRatio<Cispo>, double>);
static_assert(!ClipPolicy<SequenceRatio<Gppo>>);

TEST_CASE("a token policy at the ratio of the sequence sees that ratio", "[ratio][sequence]") {
    Doubles batch(1, 8);
    const SequenceRatio policy{Gppo{.low = 0.02f, .high = 0.03f}};
    double expected = 0;
    const double j = batch.j(policy);
    for (std::size_t t = 0; t < batch.logp.size(); ++t) {
        const std::size_t b = batch.sequence(t);
        const double s = std::exp(batch.mean_log_ratio(b));
        const auto term =
            policy.inner(Token<double>{batch.logp[t], batch.logp_old[t], s, batch.advantage[b]});
        expected += term.value;
        CHECK(batch.weight(t) == Approx(term.weight).epsilon(1e-12));
    }
    CHECK(j == Approx(expected).epsilon(1e-12));
}

TEST_CASE("masked and broken tokens are not in the ratio", "[ratio][sequence]") {
    Doubles batch(2, 8);
    for (std::size_t t = 0; t < batch.logp.size(); ++t) batch.mask.push_back(t % 3 != 0);
    const SequenceRatio policy{PpoClip{0.5f, 0.5f}};
    const double j = batch.j(policy);
    const auto dlogp = batch.dlogp;
    for (std::size_t t = 0; t < batch.logp.size(); t += 3) batch.logp[t] = std::nan("");
    CHECK(batch.j(policy) == j);
    CHECK(batch.dlogp == dlogp);
    batch.mask.clear();  // the same tokens, now silent because they are broken
    CHECK(batch.j(policy) == Approx(j).epsilon(1e-14));
}

TEST_CASE("a sequence's ratio does not depend on its neighbours", "[ratio][sequence]") {
    Doubles batch(3, 40, 0.5, 30);
    const auto whole = SequenceRatio{PpoClip{}}.bind(serial, batch.view());
    for (Index b = 0; b < 40; ++b) {
        const Index first = batch.offsets[static_cast<std::size_t>(b)];
        const std::vector<Index> offsets{0, batch.offsets[static_cast<std::size_t>(b) + 1] - first};
        Batch<double> one = batch.view();
        one.offsets = offsets;
        one.logp = one.logp.slice(first, offsets[1]);
        one.logp_old = one.logp_old.slice(first, offsets[1]);
        CHECK(SequenceRatio{PpoClip{}}.bind(serial, one).at(0).ratio == whole.at(b).ratio);
    }
}

TEST_CASE("no log-ratio gives a NaN at sequence level", "[ratio][sequence]") {
    CHECK(survives_extremes(SequenceRatio{Gppo{}}));
    CHECK(silent_when_masked(SequenceRatio{Gppo{}}));
}

TEST_CASE("the advantage has to be given per sequence where the paper says so",
          "[ratio][sequence]") {
    Doubles batch(1);
    batch.advantage.resize(batch.logp.size(), 0.5);
    CHECK_THROWS_WITH(batch.j(Gspo{}), Catch::Matchers::Contains("one advantage per sequence"));
    CHECK_NOTHROW(batch.j(GspoToken{}));
}
