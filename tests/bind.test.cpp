// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "random_batch.hpp"
#include "two_phase.hpp"

#include <gppo/gppo.hpp>

using namespace gppo;

namespace {

/// Rows in the opposite order: what is independent of it is independent of threads.
struct Backwards {
    template <class F>
    void for_rows(Index n, F f) const {
        for (Index row = n - 1; row >= 0; --row) f(serial, row);
    }
};

/// A random batch in which everything is given.
struct Full {
    RandomBatch random;
    std::vector<float> logp_rollout, entropy_old;
    std::vector<std::uint8_t> off_policy;

    explicit Full(std::uint64_t seed, RandomBatch::Shape shape) : random(seed, shape) {
        for (const float x : random.logp_old)
            logp_rollout.push_back(x + static_cast<float>(0.1 * random.normal()));
        for (const float x : random.entropy)
            entropy_old.push_back(x * static_cast<float>(0.9 + 0.2 * random.uniform()));
        for (std::size_t b = 0; b < random.group.size(); ++b) off_policy.push_back(b % 2 == 0);
    }
    Batch<> view() {
        Batch<> batch = random.view();
        batch.logp_rollout = logp_rollout;
        batch.entropy_old = entropy_old;
        batch.off_policy = off_policy;
        return batch;
    }
};

/// Sequences [first, last) of a prepared batch.
struct Part {
    std::vector<Index> offsets;
    std::vector<float> dlogp;
    Batch<> batch;

    Part(const Batch<>& whole, Index first, Index last) {
        const Index begin = whole.offsets[first], tokens = whole.offsets[last] - begin;
        for (Index b = first; b <= last; ++b) offsets.push_back(whole.offsets[b] - begin);
        const auto rows = [&](auto view) {
            return view.empty() ? view : view.slice(begin, tokens);
        };
        const auto sequences = [&](auto view) { return view.slice(first, last - first); };
        batch = whole;
        for (auto field : {&Batch<>::logp, &Batch<>::logp_old, &Batch<>::logp_ref,
                           &Batch<>::entropy, &Batch<>::logp_rollout, &Batch<>::entropy_old})
            batch.*field = rows(whole.*field);
        batch.offsets = offsets;
        batch.group = sequences(whole.group);
        batch.advantage = sequences(whole.advantage);
        batch.coefficient = sequences(whole.coefficient);
        batch.mask = rows(whole.mask);
        batch.off_policy = sequences(whole.off_policy);
        batch.positive = {};
        batch.positive_coefficient = {};
        dlogp.resize(static_cast<std::size_t>(tokens));
    }
};

/// f(policy) for every two-phase policy of the library.
template <class F>
void for_every_policy(F f) {
    f(Gspo{.low = 0.1f, .high = 0.1f});
    f(GspoToken{.low = 0.1f, .high = 0.1f});
    f(SequenceRatio{Gppo{}});
    f(Luspo{.low = 0.1f, .high = 0.1f});
    f(Gmpo{});
    f(Vespo{});
    f(RolloutRatio{Cispo{}});
    f(Erc{Gppo{}});
    f(Opsm{PpoClip{}});
    f(Mixed{PpoClip{}, CispoCap{}});
    f(ClipCov{.share = 0.05, .lowest = 0.1f});
    f(KlCov{.share = 0.05});
    f(M2po{PpoClip{}, 0.005});
    f(Gppo{});
}
template <class F>
void for_every_correction(F f) {
    f(NoCorrection{});
    f(TokenTis{});
    f(SequenceTis{});
    f(TokenMask{});
    f(SequenceMask{});
    f(GeometricMask{});
    f(IcePop{});
    f(Decoupled{});
    f(Product{SequenceTis{}, GeometricMask{}});
    f(BatchNormal{TokenTis{}});
    f(BatchNormal{Product{TokenTis{}, SequenceMask{}}});
}

/// Parts that share one bound objective against the whole, on another execution.
template <class O>
void compare_parts(const O& objective, Full& full) {
    const Batch<> batch = full.view();
    coefficients(objective.aggregate, batch);
    advantages(objective.estimate, View<const float>(full.random.rewards), batch.group,
               batch.advantage);
    Diagnostics seen, seen_in_parts;
    const Loss whole = evaluate(serial, objective, batch, full.random.dlogp, {}, seen);
    std::vector<float> backwards(full.random.dlogp.size());
    CHECK(evaluate(Backwards{}, objective, batch, backwards).value == whole.value);
    CHECK(backwards == full.random.dlogp);

    const auto bound = bind(Backwards{}, objective, batch);
    Loss sum;
    std::vector<float> dlogp;
    for (Index first = 0; first < batch.sequences();) {
        const Index last = first + 1 + full.random.below(batch.sequences() - first);
        Part each(batch, first, last);
        sum.add(evaluate(serial, part(bound, first), each.batch, each.dlogp, {}, seen_in_parts));
        dlogp.insert(dlogp.end(), each.dlogp.begin(), each.dlogp.end());
        first = last;
    }
    CHECK(dlogp == full.random.dlogp);  // bitwise
    CHECK(sum.pg == Approx(whole.pg).epsilon(1e-5).margin(1e-6));
    CHECK(seen_in_parts.log_ratios.count == seen.log_ratios.count);
    CHECK(seen_in_parts.tokens == seen.tokens);
    CHECK(seen_in_parts.mass() == Approx(seen.mass()).epsilon(1e-5));
}

}  // namespace

TEST_CASE("the parts of a step that share its bound policy add up to the step",
          "[objective][bind]") {
    const auto seed = GENERATE(1u, 2u, 3u);
    INFO("seed " << seed);
    Full full(seed, {.prompts = 4,
                     .longest = seed == 3u ? 3 * block_tokens : 60,
                     .log_ratio = 0.2,
                     .masked = seed == 2u ? 0.2 : 0.0});
    for_every_policy([&](auto policy) {
        compare_parts(Objective{GroupNorm{}, policy, SequenceMeanTokenMean{}}, full);
    });
}

TEST_CASE("the parts of a step that share its bound correction add up to the step",
          "[objective][bind]") {
    const auto seed = GENERATE(1u, 2u);
    INFO("seed " << seed);
    Full full(seed,
              {.prompts = 4, .longest = 60, .log_ratio = 0.2, .masked = seed == 2u ? 0.2 : 0.0});
    for_every_correction([&](auto correction) {
        const auto with = [&](auto policy) {
            compare_parts(Objective{GroupNorm{}, policy, SequenceMeanTokenMean{}, KlTerm{NoKl{}},
                                    EntropyBonus{}, Positives{}, correction},
                          full);
        };
        with(PpoClip{});
        with(Gspo{.low = 0.1f, .high = 0.1f});
    });
}

TEST_CASE("a sequence at a time needs no shared binding", "[objective][bind]") {
    Full full(5, {.prompts = 3, .longest = 60, .log_ratio = 0.2});
    const Objective objective{GroupNorm{}, Gspo{.low = 0.1f, .high = 0.1f}, TokenMean{}};
    const Batch<> batch = full.view();
    objective.prepare(full.random.rewards, batch);
    evaluate(serial, objective, batch, full.random.dlogp);
    std::vector<float> dlogp;
    for (Index b = 0; b < batch.sequences(); ++b) {
        Part each(batch, b, b + 1);
        evaluate(serial, objective, each.batch, each.dlogp);
        dlogp.insert(dlogp.end(), each.dlogp.begin(), each.dlogp.end());
    }
    CHECK(dlogp == full.random.dlogp);
}

TEST_CASE("binding checks the batch and copies what has nothing to bind", "[objective][bind]") {
    Full full(6, {});
    const Objective plain{GroupNorm{}, Gppo{}, TokenMean{}};
    static_assert(std::same_as<decltype(bind(serial, plain, full.view())),
                               std::remove_const_t<decltype(plain)>>);
    Batch<> batch = full.view();
    batch.logp_old = {};
    CHECK_THROWS_WITH(bind(serial, Objective{GroupNorm{}, Gspo{}, TokenMean{}}, batch),
                      Catch::Matchers::Contains("batch.logp_old"));
}

TEST_CASE("groups of one and sequences of one token are ordinary", "[objective][bind]") {
    for_every_policy([](auto policy) {
        const std::vector<float> logp{-1.0f, -0.5f}, old{-1.1f, -0.6f}, h{1.0f, 2.0f};
        const std::vector<Index> offsets{0, 1, 2}, group{0, 1};
        const std::vector<std::uint8_t> off{0, 1};
        std::vector<float> advantage{1.0f, -1.0f}, coefficient{1.0f, 1.0f}, dlogp(2);
        Batch<> batch{.logp = logp,
                      .logp_old = old,
                      .offsets = offsets,
                      .group = group,
                      .advantage = advantage,
                      .coefficient = coefficient};
        batch.entropy = batch.entropy_old = h;
        batch.logp_rollout = old;
        batch.off_policy = off;
        const Objective objective{GroupNorm{}, policy, SequenceMeanTokenMean{}};
        CHECK(std::isfinite(evaluate(serial, objective, batch, dlogp).value));
        CHECK((std::isfinite(dlogp[0]) && std::isfinite(dlogp[1])));
    });
}
