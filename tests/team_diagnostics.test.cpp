// SPDX-License-Identifier: Apache-2.0
//
// What a block of threads counts, beside what evaluate() does here.
#include "catch.hpp"
#include "kernel/thread_team.hpp"
#include "random_batch.hpp"

#include <gppo/gppo.hpp>
#include <gppo/team_diagnostics.hpp>
#include <gppo/token_objective.hpp>

#include <utility>
#include <vector>

using namespace gppo;

namespace {

void check_total(const RegionTotal& got, const RegionTotal& want) {
    CHECK(got.count == want.count);
    CHECK(got.mass == Approx(want.mass).epsilon(1e-5));
}

void check_same(const Diagnostics& got, const Diagnostics& want) {
    check_total(got.in_range, want.in_range);
    check_total(got.r1, want.r1), check_total(got.r2, want.r2);
    check_total(got.r3, want.r3), check_total(got.r4, want.r4);
    check_total(got.dual, want.dual);
    CHECK(got.tokens == want.tokens);
    CHECK(got.log_ratio == Approx(want.log_ratio).epsilon(1e-5).margin(1e-3));
    CHECK(got.ratio == Approx(want.ratio).epsilon(1e-5));
    CHECK(got.ratio_max == Approx(want.ratio_max).epsilon(1e-6));
    CHECK(got.weight == Approx(want.weight).epsilon(1e-5));
    CHECK(got.weight_squares == Approx(want.weight_squares).epsilon(1e-5));
    CHECK(got.k2_sum == Approx(want.k2_sum).epsilon(1e-5));
    CHECK(got.k3_sum == Approx(want.k3_sum).epsilon(1e-5));
    CHECK(got.log_ratios.count == want.log_ratios.count);
}

/// All blocks as rows of a team each.
template <class O>
Diagnostics counted(const O& objective, const Region& region, RandomBatch& random) {
    const Batch<> batch = random.view();
    std::vector<DiagnosticSums> rows(
        static_cast<std::size_t>((batch.tokens() + block_tokens - 1) / block_tokens));
    side_by_side([&](ThreadTeam team) {
        for (Index block = 0; block < std::ssize(rows); ++block) {
            RowResult<TeamDiagnostics> result{{}, {rows.data() + block, region}};
            run_block<PerSequence>(team, objective, batch, View<float>(random.dlogp), View<float>(),
                                   block, result);
        }
        return 0;
    });
    Diagnostics all;
    for (const DiagnosticSums& row : rows) all.add(row.diagnostics());
    return all;
}

}  // namespace

TEST_CASE("diagnostics of a block of threads are those of one", "[diagnostics][team]") {
    const Objective objective{GroupNorm{}, DualClip{Gppo{.high = 0.28f}, 3.0f}, TokenMean{}};
    for (const double masked : {0.0, 0.3}) {
        RandomBatch one(
            27, {.prompts = 6, .longest = 900, .log_ratio = 0.6, .masked = masked, .run = 40});
        one.logp[one.logp.size() / 3] = std::nanf("");
        one.logp[one.logp.size() / 2] = one.logp_old[one.logp.size() / 2] + 30.0f;  // above e^20
        RandomBatch many = one;
        objective.prepare(one.rewards, one.view());
        objective.prepare(many.rewards, many.view());
        Diagnostics want;
        evaluate(serial, objective, one.view(), one.dlogp, {}, want);
        CHECK((want.dual.count > 0 && want.r1.count > 0 && want.r4.count > 0));
        check_same(counted(token_objective(objective), region_of(objective.clip), many), want);
    }
}

TEST_CASE("they see the ratio that a bound policy sees", "[diagnostics][team]") {
    const Objective objective{GroupNorm{}, Gspo{.low = 0.02f, .high = 0.02f},
                              SequenceMeanTokenMean{}};
    RandomBatch one(28, {.prompts = 6, .longest = 900, .log_ratio = 0.6}), many = one;
    objective.prepare(one.rewards, one.view());
    objective.prepare(many.rewards, many.view());
    Diagnostics want;
    evaluate(serial, objective, one.view(), one.dlogp, {}, want);
    CHECK((want.r2.count > 0 && want.in_range.count > 0));
    const auto each =
        each_sequence(bind(serial, objective, many.view()).clip, std::ssize(many.group));
    using Policies = OfSequences<typename decltype(each)::value_type, Gspo>;
    const TokenObjective<Policies, NoKl, NoCorrection> tokens{{each.data()}, {}, {}, {}, {}};
    check_same(counted(tokens, region_of(objective.clip), many), want);
}
