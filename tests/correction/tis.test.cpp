// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "two_phase.hpp"

using namespace gppo;

static_assert(TokenCorrection<TokenTis> && TokenCorrection<TokenTis, double>);
static_assert(TwoPhaseCorrection<SequenceTis> && !TokenCorrection<SequenceTis>);

TEST_CASE("TIS truncates the weight of the engine at both ends", "[correction][tis]") {
    const TokenTis tis{.cap = 2.0f, .lowest = 0.5f};
    CHECK(tis(std::log(3.0), 0.0) == 2.0);
    CHECK(tis(std::log(0.25), 0.0) == 0.5);
    CHECK(tis(std::log(1.5), 0.0) == Approx(1.5));
    CHECK(TokenTis{}(-200.0f, 0.0f) < 1e-8f);
}

TEST_CASE("TIS multiplies value and weight of any policy", "[correction][tis]") {
    Doubles batch(1);
    const TokenTis tis{.cap = 1.1f, .lowest = 0.9f};
    batch.j(Gppo{});
    const auto plain = batch.dlogp;
    const double j = batch.j(Gppo{}, tis);
    double expected = 0;
    for (std::size_t t = 0; t < plain.size(); ++t) {
        const double w = std::clamp(std::exp(batch.logp_old[t] - batch.logp_rollout[t]),
                                    double(0.9f), double(1.1f));
        CHECK(batch.dlogp[t] == Approx(w * plain[t]).epsilon(1e-12));
        const auto term = Gppo{}(Token<double>{batch.logp[t], batch.logp_old[t],
                                               std::exp(batch.logp[t] - batch.logp_old[t]),
                                               batch.advantage[batch.sequence(t)]});
        expected += w * term.value;
    }
    CHECK(j == Approx(expected).epsilon(1e-12));
}

TEST_CASE("TIS of a sequence truncates the product of its weights", "[correction][tis]") {
    Doubles batch(2);
    const SequenceTis tis{.cap = 1.2f, .lowest = 0.8f};
    batch.j(Gspo{.low = 0.5f, .high = 0.5f});
    const auto plain = batch.dlogp;
    batch.j(Gspo{.low = 0.5f, .high = 0.5f}, tis);
    for (std::size_t t = 0; t < plain.size(); ++t) {
        const std::size_t b = batch.sequence(t);
        double sum = 0;
        for (Index i = batch.offsets[b]; i < batch.offsets[b + 1]; ++i)
            sum += batch.logp_old[static_cast<std::size_t>(i)] -
                   batch.logp_rollout[static_cast<std::size_t>(i)];
        const double w = std::clamp(std::exp(sum), double(0.8f), double(1.2f));
        CHECK(batch.dlogp[t] == Approx(w * plain[t]).epsilon(1e-12));
    }
}

TEST_CASE("TIS is silent where it must be and never a NaN", "[correction][tis]") {
    CHECK(survives_extremes(PpoClip{}, TokenTis{}));
    CHECK(survives_extremes(PpoClip{}, SequenceTis{}));
    CHECK(silent_when_masked(PpoClip{}, TokenTis{}));
    CHECK(silent_when_masked(PpoClip{}, SequenceTis{}));
}

TEST_CASE("a log-prob the engine could not give is counted, named and does not train",
          "[correction][tis]") {
    Doubles batch(3);
    batch.j(PpoClip{}, TokenTis{});
    auto expected = batch.dlogp;
    expected[5] = 0.0;
    for (const double bad : {std::nan(""), -std::numeric_limits<double>::infinity()}) {
        batch.logp_rollout[5] = bad;
        const auto objective =
            corrected(Objective{GroupMean{}, PpoClip{}, TokenMean{}}, TokenTis{});
        Diagnostics seen;
        const Loss loss = evaluate(serial, objective, batch.view(), batch.dlogp, {}, seen);
        CHECK(loss.non_finite.count == 1);
        CHECK(loss.non_finite.token == 5);
        CHECK(std::isfinite(loss.value));
        CHECK(batch.dlogp == expected);
        CHECK(seen.tokens == double(batch.logp.size() - 1));
    }
}

TEST_CASE("a correction without the engine's log-probs is an error", "[correction][tis]") {
    Doubles batch(1);
    Batch<double> view = batch.view();
    view.logp_rollout = {};
    const auto objective = corrected(Objective{GroupMean{}, PpoClip{}, TokenMean{}}, TokenTis{});
    CHECK_THROWS_WITH(evaluate(serial, objective, view, batch.dlogp),
                      Catch::Matchers::Contains("batch.logp_rollout"));
}
