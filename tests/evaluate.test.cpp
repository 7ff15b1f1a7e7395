// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "random_batch.hpp"

#include <gppo/gppo.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

using namespace gppo;
using Catch::Matchers::Contains;

namespace {

/// Everything the library can add up, with this policy.
template <class C>
auto everything(C clip) {
    return Objective{
        GroupNorm{},         clip,           SequenceMeanTokenMean{}, KlTerm{K3{}, 0.05f},
        EntropyBonus{0.01f}, Positives{0.1f}};
}

/// f(policy) for every policy of the library.
template <class F>
void for_every_policy(F f) {
    f(PpoClip{});
    f(PpoClip{.high = 0.28f});
    f(DualClip{PpoClip{}, 3.0f});
    f(Cispo{});
    f(CispoCap{});
    f(Gppo{});
    f(DualClip{Gppo{}, 10.0f});
    f(GppoOnlyHigh{});
    f(Gppo{.beta_low = 0.25f, .beta_high = 0.75f});
}

/// Sequences [first, last) of a prepared batch, as a micro-batch of its own.
struct Part {
    std::vector<Index> offsets;
    std::vector<float> dlogp, dentropy;
    Batch<> batch;

    Part(const Batch<>& whole, Index first, Index last) {
        const Index begin = whole.offsets[first], tokens = whole.offsets[last] - begin;
        for (Index b = first; b <= last; ++b) offsets.push_back(whole.offsets[b] - begin);
        const auto rows = [&](auto view) {
            return view.empty() ? view : view.slice(begin, tokens);
        };
        const auto sequences = [&](auto view) { return view.slice(first, last - first); };
        batch = {.logp = rows(whole.logp),
                 .logp_old = rows(whole.logp_old),
                 .offsets = offsets,
                 .group = sequences(whole.group),
                 .advantage = sequences(whole.advantage),
                 .coefficient = sequences(whole.coefficient),
                 .mask = rows(whole.mask),
                 .logp_ref = rows(whole.logp_ref),
                 .entropy = rows(whole.entropy),
                 .positive = sequences(whole.positive),
                 .positive_coefficient = sequences(whole.positive_coefficient)};
        dlogp.resize(static_cast<std::size_t>(tokens));
        dentropy.resize(static_cast<std::size_t>(tokens));
    }
};

}  // namespace

TEST_CASE("micro-batches add up to the step, whatever the split", "[objective][evaluate]") {
    const auto seed = GENERATE(range(1u, 13u));
    INFO("seed " << seed);
    RandomBatch random(
        seed,
        {.prompts = 6, .longest = 200, .masked = seed % 2 ? 0.2 : 0.0, .run = 1 + seed % 3 * 40});
    const Batch<> batch = random.view();
    for_every_policy([&](auto policy) {
        const auto objective = everything(policy);
        objective.prepare(random.rewards, batch);
        Diagnostics whole_diagnostics, parts_diagnostics;
        const Loss whole =
            evaluate(serial, objective, batch, random.dlogp, random.dentropy, whole_diagnostics);
        Loss sum;
        std::vector<float> dlogp, dentropy;
        for (Index first = 0; first < batch.sequences();) {
            const Index last = first + 1 + random.below(batch.sequences() - first);
            Part part(batch, first, last);
            sum.add(evaluate(serial, objective, part.batch, part.dlogp, part.dentropy,
                             parts_diagnostics));
            dlogp.insert(dlogp.end(), part.dlogp.begin(), part.dlogp.end());
            dentropy.insert(dentropy.end(), part.dentropy.begin(), part.dentropy.end());
            first = last;
        }
        CHECK(dlogp == random.dlogp);  // bitwise
        CHECK(dentropy == random.dentropy);
        CHECK(sum.value == Approx(whole.value).epsilon(1e-5).margin(1e-6));
        CHECK(sum.positive == Approx(whole.positive).epsilon(1e-5));
        CHECK(parts_diagnostics.mass() == Approx(whole_diagnostics.mass()).epsilon(1e-5));
        CHECK(parts_diagnostics.tokens == whole_diagnostics.tokens);
    });
}

TEST_CASE("blocks longer and shorter than a sequence give the sums of a plain loop",
          "[objective][evaluate]") {
    const auto seed = GENERATE(1u, 2u, 3u);
    INFO("seed " << seed);
    RandomBatch random(seed, {.prompts = 3, .longest = 3 * block_tokens});
    const Batch<> batch = random.view();
    const Objective objective{GroupNorm{}, Gppo{}, TokenMean{}};
    objective.prepare(random.rewards, batch);
    const Loss loss = evaluate(serial, objective, batch, random.dlogp);
    double value = 0.0, magnitude = 0.0;
    for (Index b = 0; b < batch.sequences(); ++b)
        for (Index t = batch.offsets[b]; t < batch.offsets[b + 1]; ++t) {
            const double lp = batch.logp[t], old = batch.logp_old[t], a = batch.advantage[b];
            const auto term = Gppo{}(Token<double>{lp, old, std::exp(lp - old), a});
            value -= batch.coefficient[b] * term.value;
            magnitude += std::abs(batch.coefficient[b] * term.value);
            const double expected = -batch.coefficient[b] * term.weight;
            if (std::abs(random.dlogp[static_cast<std::size_t>(t)] - expected) >
                1e-6 * std::abs(expected))
                FAIL_CHECK("token " << t);
        }
    CHECK(std::abs(loss.value - value) < 1e-6 * magnitude);
}

TEST_CASE("masked tokens are silent and change nobody else", "[objective][evaluate]") {
    const auto seed = GENERATE(1u, 2u, 3u);
    INFO("seed " << seed);
    RandomBatch random(seed, {.longest = 300, .masked = 0.4, .run = seed * 25 - 24});
    const Batch<> batch = random.view();
    for_every_policy([&](auto policy) {
        const auto objective = everything(policy);
        objective.prepare(random.rewards, batch);
        const Loss loss = evaluate(serial, objective, batch, random.dlogp, random.dentropy);
        const auto dlogp = random.dlogp;
        auto logp = random.logp;
        for (std::size_t t = 0; t < logp.size(); ++t) {
            if (random.mask[t]) continue;
            CHECK(dlogp[t] == 0.0f);
            CHECK(random.dentropy[t] == 0.0f);
            logp[t] = std::numeric_limits<float>::quiet_NaN();
        }
        Batch<> broken = batch;
        broken.logp = logp;
        const Loss same = evaluate(serial, objective, broken, random.dlogp, random.dentropy);
        CHECK(same.value == loss.value);
        CHECK(same.non_finite.count == 0);
        CHECK(random.dlogp == dlogp);
    });
}

TEST_CASE("with every token masked the loss is zero", "[objective][evaluate]") {
    RandomBatch random(1, {.masked = 1.0});
    for_every_policy([&](auto policy) {
        const auto objective = everything(policy);
        objective.prepare(random.rewards, random.view());
        CHECK(evaluate(serial, objective, random.view(), random.dlogp, random.dentropy).value ==
              0.0);
        CHECK(std::count(random.dlogp.begin(), random.dlogp.end(), 0.0f) ==
              static_cast<std::ptrdiff_t>(random.dlogp.size()));
    });
}

TEST_CASE("a token that is not finite is named, counted and does not train",
          "[objective][evaluate]") {
    const float nan = std::numeric_limits<float>::quiet_NaN();
    const float inf = std::numeric_limits<float>::infinity();
    const auto seed = GENERATE(1u, 2u);
    const auto where = GENERATE(0, 1, 2, 3);
    INFO("seed " << seed << ", field " << where);
    RandomBatch random(seed, {.masked = seed == 2u ? 0.2 : 0.0});
    for_every_policy([&](auto policy) {
        const auto objective = everything(policy);
        objective.prepare(random.rewards, random.view());
        evaluate(serial, objective, random.view(), random.dlogp, random.dentropy);
        for (const float bad : {nan, inf, -inf}) {
            RandomBatch broken = random;
            auto expected = random.dlogp;
            const auto token = expected.size() / 2;
            if (!broken.mask.empty()) broken.mask[token] = random.mask[token] = 1;
            objective.prepare(random.rewards, random.view());
            objective.prepare(broken.rewards, broken.view());
            evaluate(serial, objective, random.view(), random.dlogp, random.dentropy);
            expected = random.dlogp;
            expected[token] = 0.0f;
            std::vector<float>* fields[] = {&broken.logp, &broken.logp_old, &broken.logp_ref,
                                            &broken.entropy};
            (*fields[where])[token] = bad;
            Diagnostics diagnostics;
            const Loss loss = evaluate(serial, objective, broken.view(), broken.dlogp,
                                       broken.dentropy, diagnostics);
            CHECK(std::isfinite(loss.value));
            CHECK(broken.dlogp == expected);
            CHECK(broken.dentropy[token] == 0.0f);
            CHECK(loss.non_finite.count == 1);
            CHECK(loss.non_finite.token == static_cast<Index>(token));
            CHECK(broken.offsets[static_cast<std::size_t>(loss.non_finite.sequence)] <=
                  loss.non_finite.token);
            CHECK(std::isfinite(diagnostics.mass()));
            CHECK(std::isfinite(diagnostics.log_ratio));
        }
    });
}

TEST_CASE("the first of several tokens that are not finite is the one named",
          "[objective][evaluate]") {
    RandomBatch random(3, {.longest = 3000});
    const Objective objective{GroupNorm{}, Gppo{}, TokenMean{}};
    objective.prepare(random.rewards, random.view());
    const auto last = random.logp.size() - 1;
    random.logp[last] = random.logp[5] = std::numeric_limits<float>::quiet_NaN();
    const Loss loss = evaluate(serial, objective, random.view(), random.dlogp);
    CHECK(loss.non_finite.count == 2);
    CHECK(loss.non_finite.token == 5);
    CHECK_THAT(loss.non_finite.message(), Contains("token 5 in sequence 0: logp nan"));
}

TEST_CASE("without advantage every policy is silent, at any ratio", "[objective][evaluate]") {
    RandomBatch random(1, {.log_ratio = 40.0});
    std::fill(random.rewards.begin(), random.rewards.end(), 1.0f);
    for_every_policy([&](auto policy) {
        const Objective objective{GroupNorm{}, policy, TokenMean{}};
        objective.prepare(random.rewards, random.view());
        CHECK(evaluate(serial, objective, random.view(), random.dlogp).value == 0.0);
        for (const float d : random.dlogp) CHECK(d == 0.0f);
    });
}

TEST_CASE("no ratio gives a NaN", "[objective][evaluate]") {
    for_every_policy([&](auto policy) {
        for (const float delta :
             {-104.0f, -89.0f, -20.0f, 20.0f, 88.5f, 89.0f, 104.0f, 1e30f, -1e30f})
            for (float advantage : {-0.5f, 0.0f, 0.5f}) {
                const std::vector<float> logp{-1.0f + delta}, logp_old{-1.0f};
                const std::vector<Index> offsets{0, 1}, group{0};
                std::vector<float> dlogp(1), one{1.0f};
                const Batch<> batch{.logp = logp,
                                    .logp_old = logp_old,
                                    .offsets = offsets,
                                    .group = group,
                                    .advantage = {&advantage, 1},
                                    .coefficient = one};
                const Objective objective{GroupNorm{}, policy, TokenMean{}};
                const Loss loss = evaluate(serial, objective, batch, dlogp);
                INFO("log-ratio " << delta << ", advantage " << advantage);
                CHECK(!std::isnan(loss.value));
                CHECK(std::isfinite(dlogp[0]));
                CHECK(loss.non_finite.count == 0);
            }
    });
}

TEST_CASE("advantages per token that repeat those per sequence give the same numbers",
          "[objective][evaluate]") {
    RandomBatch random(9, {.masked = 0.1});
    const Batch<> batch = random.view();
    const auto objective = everything(DualClip{Gppo{}, 10.0f});
    objective.prepare(random.rewards, batch);
    Diagnostics by_sequence, by_token;
    const Loss expected =
        evaluate(serial, objective, batch, random.dlogp, random.dentropy, by_sequence);
    const auto dlogp = random.dlogp;
    std::vector<float> per_token;
    for (Index b = 0; b < batch.sequences(); ++b)
        per_token.insert(per_token.end(), static_cast<std::size_t>(batch.length(b)),
                         batch.advantage[b]);
    Batch<> spread = batch;
    spread.advantage = per_token;
    const Loss loss = evaluate(serial, objective, spread, random.dlogp, random.dentropy, by_token);
    CHECK(random.dlogp == dlogp);
    CHECK(loss.value == Approx(expected.value).epsilon(1e-6));
    CHECK(by_token.r3.count == by_sequence.r3.count);
    CHECK(by_token.dual.count == by_sequence.dual.count);
    CHECK(by_token.mass() == Approx(by_sequence.mass()).epsilon(1e-6));
}

TEST_CASE("a missing input is an error before anything is written", "[objective][evaluate]") {
    RandomBatch random(1);
    const auto objective = everything(Gppo{});
    objective.prepare(random.rewards, random.view());
    Batch<> batch = random.view();
    batch.logp_ref = {};
    CHECK_THROWS_WITH(evaluate(serial, objective, batch, random.dlogp, random.dentropy),
                      Contains("logp_ref"));
    batch = random.view();
    batch.positive_coefficient = {};
    CHECK_THROWS_WITH(evaluate(serial, objective, batch, random.dlogp, random.dentropy),
                      Contains("positive"));
    std::vector<float> small(1);
    CHECK_THROWS_WITH(evaluate(serial, objective, random.view(), small), Contains("batch.dlogp"));
    CHECK(random.dlogp[0] == 7.0f);
}
