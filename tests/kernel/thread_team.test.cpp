// SPDX-License-Identifier: Apache-2.0
#include "kernel/thread_team.hpp"

#include "catch.hpp"
#include "random_batch.hpp"
#include "random_values.hpp"

#include <gppo/gppo.hpp>
#include <gppo/kernel/adamw.hpp>
#include <gppo/kernel/log_prob.hpp>
#include <gppo/kernel/rms_norm.hpp>
#include <gppo/kernel/sample.hpp>
#include <gppo/kernel/sum.hpp>
#include <gppo/kernel/swiglu.hpp>
#include <gppo/token_objective.hpp>

using namespace gppo;

namespace {

using Floats = std::vector<float>;

/// What a team function makes with one thread and with a block of them; f(team, values) returns a
/// number that every member must have.
template <class F>
void check_teams(const Floats& values, F f) {
    Floats alone = values, together = values;
    const float one = f(SerialTeam{}, View<float>(alone));
    const auto all = side_by_side([&](ThreadTeam team) { return f(team, View<float>(together)); });
    for (const float each : all) {
        CHECK(each == all.front());
        CHECK(each == Approx(one).epsilon(1e-5).margin(1e-6));
    }
    CHECK(distance(together, alone) < 1e-5f);
}

}  // namespace

TEST_CASE("kernels give a block of threads what they give one", "[kernel][thread_team]") {
    for (const Index n : {1, 3, 64, 1000}) {
        CAPTURE(n);
        const Floats x = random_values(n, 1), weight = random_values(n, 2);
        const Floats dy = random_values(n, 3);
        check_teams(x, [&](auto team, View<float> v) {
            return rms_norm(team, View<const float>(v), weight, 1e-6f, v);
        });
        check_teams(x, [&](auto team, View<float> v) {
            const LogProbState state = log_prob_update(team, LogProbState{}, 1.3f, n / 2, v);
            return state.logp() + state.entropy();
        });
        check_teams(x, [&](auto team, View<float> v) {
            log_prob_gradient(team, 2.0f, 1.5f, 1.3f, n / 2, 0.7f, 0.1f, v);
            return 0.0f;
        });
        check_teams(x, [&](auto team, View<float> v) {
            swiglu(team, View<const float>(v), weight, v);
            return squared_norm(team, v);
        });
        Floats first = dy, second(x.size(), 0.5f), first2 = dy, second2(x.size(), 0.5f);
        check_teams(x, [&](auto team, View<float> v) {
            constexpr bool alone = std::same_as<decltype(team), SerialTeam>;
            adamw(team, AdamWStep{.decay = 0.99f, .rate = 1e-2f, .gradient_scale = 0.5f}, dy,
                  View<float>(alone ? first : first2), View<float>(alone ? second : second2), v);
            return 0.0f;
        });
        CHECK(distance(first, first2) < 1e-6f);
    }
}

TEST_CASE("a block of threads draws the token that one draws", "[kernel][thread_team]") {
    const SampleRule rule{.inverse_temperature = 1.25f, .top_k = 40, .top_p = 0.9f};
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
        const Floats logits = random_values(700, seed);
        Floats alone(700), together(700);
        const double uniform = static_cast<double>(Philox{5}.uniform(seed, 0));
        const auto one = sample(SerialTeam{}, logits, rule, uniform, View<float>(alone));
        const auto all = side_by_side([&](ThreadTeam team) {
            return sample(team, View<const float>(logits), rule, uniform, View<float>(together));
        });
        for (const SampledToken& each : all) {
            CHECK(each.token == one.token);
            CHECK(each.logp == Approx(one.logp).epsilon(1e-5));
        }
    }
}

TEST_CASE("the pass over a batch gives a block of threads what it gives one",
          "[kernel][thread_team]") {
    const std::uint64_t seed = 20;
    RandomBatch::Shape shape{.prompts = 6, .longest = 900, .masked = 0.3, .run = 40};
    for (const double masked : {0.0, 0.3}) {
        shape.masked = masked;
        RandomBatch one(seed, shape), many(seed, shape);
        std::size_t broken = one.logp.size() / 3;
        while (!one.mask.empty() && one.mask[broken] == 0) ++broken;
        for (RandomBatch* b : {&one, &many}) b->logp[broken] = std::nanf("");
        Objective objective{GroupNorm{},         Gppo{.high = 0.28f}, TokenMean{},
                            KlTerm{K3{}, 1e-2f}, EntropyBonus{1e-3f}, Positives{0.1f}};
        objective.prepare(one.rewards, one.view());
        objective.prepare(many.rewards, many.view());
        const Loss want = evaluate(serial, objective, one.view(), one.dlogp, one.dentropy);
        const auto all = side_by_side([&](ThreadTeam team) {
            RowResult<NoDiagnostics> result{};
            const Batch<> batch = many.view();
            for (Index block = 0; block * block_tokens < batch.tokens(); ++block)
                run_block<PerSequence>(team, token_objective(objective), batch,
                                       View<float>(many.dlogp), View<float>(many.dentropy), block,
                                       result);
            return result.loss;
        });
        for (const Loss& each : all) {
            CHECK(each.value == Approx(want.value).epsilon(1e-5));
            CHECK(each.non_finite.count == want.non_finite.count);
            CHECK(each.non_finite.token == want.non_finite.token);
        }
        CHECK(want.non_finite.count > 0);
        // Vectors and single elements may contract a product and a sum differently.
        CHECK(distance(many.dlogp, one.dlogp) < 1e-6f);
        CHECK(distance(many.dentropy, one.dentropy) < 1e-6f);
    }
}

TEST_CASE("what is bound to its sequence gives a block of threads what it gives one",
          "[kernel][thread_team]") {
    const auto check = [](auto clip, auto correction) {
        RandomBatch one(21, {.prompts = 6, .longest = 3000, .masked = 0.3, .run = 40});
        RandomBatch many = one;
        const Objective objective =
            corrected(Objective{GroupNorm{}, clip, SequenceMeanTokenMean{}}, correction);
        objective.prepare(one.rewards, one.view());
        objective.prepare(many.rewards, many.view());
        const Loss want = evaluate(serial, objective, one.view(), one.dlogp);
        const Batch<> batch = many.view();
        const auto bound = bind(serial, objective, batch);
        const auto policies = each_sequence(bound.clip, batch.sequences());
        const auto factors = each_sequence(bound.correction, batch.sequences());
        using Policies = OfSequences<typename decltype(policies)::value_type, decltype(clip)>;
        using Factors = OfSequences<typename decltype(factors)::value_type, decltype(correction)>;
        const TokenObjective<Policies, NoKl, Factors> tokens{
            {policies.data()}, {}, {}, {}, {factors.data()}};
        const auto all = side_by_side([&](ThreadTeam team) {
            RowResult<NoDiagnostics> result{};
            for (Index block = 0; block * block_tokens < batch.tokens(); ++block)
                run_block<PerSequence>(team, tokens, batch, View<float>(many.dlogp), View<float>(),
                                       block, result);
            return result.loss;
        });
        for (const Loss& each : all) CHECK(each.value == Approx(want.value).epsilon(1e-5));
        CHECK(want.value != 0.0);
        CHECK(distance(many.dlogp, one.dlogp) < 1e-6f);
    };
    check(Gspo{}, SequenceTis{});
    check(Gmpo{}, GeometricMask{0.5f, 2.0f});
    check(Opsm{Gppo{}}, SequenceMask{0.0f, 1e30f});
    check(KlCov{.share = 0.05}, SequenceTis{});
}

TEST_CASE("a block of threads sums a sequence as one thread does", "[kernel][thread_team]") {
    RandomBatch random(22, {.prompts = 4, .longest = 5000, .masked = 0.3, .run = 40});
    random.logp[random.logp.size() / 2] = std::nanf("");
    const Batch<> batch = random.view();
    const auto want = sequence_differences(serial, batch, batch.logp, batch.logp_old);
    std::vector<PartialSum> got(want.size());
    const SequenceSum<TokenDifference<float>> row{
        batch.offsets.data, batch.mask.data, {batch.logp.data, batch.logp_old.data}, got.data()};
    side_by_side([&](ThreadTeam team) {
        for (Index b = 0; b < batch.sequences(); ++b) row(team, b);
        return 0;
    });
    for (std::size_t b = 0; b < want.size(); ++b) {
        CHECK(got[b].count == want[b].count);
        CHECK(got[b].sum == Approx(want[b].sum).epsilon(1e-5).margin(1e-4));
    }
}
