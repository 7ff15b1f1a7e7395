// SPDX-License-Identifier: Apache-2.0
//
// Policies and corrections bound where the batch is in memory that is not the host's, where a touch
// from here is a fault: what evaluate() gives here.
#include "backend/far_memory.hpp"
#include "catch.hpp"
#include "random_batch.hpp"
#include "random_values.hpp"

#include <gppo/backend/bound_part.hpp>
#include <gppo/gppo.hpp>

#include <type_traits>
#include <utility>
#include <vector>

using namespace gppo;

namespace {

/// The pass of the CUDA backend, all blocks in one row.
template <class O>
struct PassRow {
    O objective;
    Batch<> batch;
    Index blocks;
    View<float> dlogp;
    Loss* out;

    template <class Team>
    void operator()(Team team, Index) const {
        RowResult<NoDiagnostics> result{};
        for (Index block = 0; block < blocks; ++block)
            run_block<PerSequence>(team, objective, batch, dlogp, View<float>(), block, result);
        *out = result.loss;
    }
};

struct FarBatch {
    const FarMemory* far;
    std::vector<FarBuffer<float>> floats;
    std::vector<FarBuffer<Index>> indices;
    std::vector<FarBuffer<std::uint8_t>> bytes;

    template <class E>
    auto placed(View<E> from) {
        using U = std::remove_const_t<E>;
        FarBuffer<U> there(from.size);
        far->upload(View<const U>(from.data, from.size), there.view());
        const View<E> view = there.view();
        if constexpr (std::same_as<U, float>)
            floats.push_back(std::move(there));
        else if constexpr (std::same_as<U, Index>)
            indices.push_back(std::move(there));
        else
            bytes.push_back(std::move(there));
        return view;
    }
    Batch<> operator()(const Batch<>& b) {
        return {.logp = placed(b.logp),
                .logp_old = placed(b.logp_old),
                .offsets = placed(b.offsets),
                .advantage = placed(b.advantage),
                .coefficient = placed(b.coefficient),
                .mask = b.mask.empty() ? b.mask : placed(b.mask),
                .logp_rollout = placed(b.logp_rollout)};
    }
};

template <class C, class R = NoCorrection>
void check(C clip, R correction = {}) {
    for (const double masked : {0.0, 0.3}) {
        RandomBatch one(31, {.prompts = 6, .longest = 3000, .masked = masked, .run = 40});
        one.logp[one.logp.size() / 2] = std::nanf("");
        const Objective objective =
            corrected(Objective{GroupNorm{}, clip, TokenMean{}}, correction);
        objective.prepare(one.rewards, one.view());
        const Loss want = evaluate(serial, objective, one.view(), one.dlogp);
        CHECK(want.value != 0.0);

        const FarMemory far(1);
        FarBatch place{&far, {}, {}, {}};
        const Batch<> there = place(one.view());
        Batch<> seen = there;  // sequences here
        seen.offsets = one.offsets;
        BoundPart<FarMemory> policies(far), corrections(far);
        const auto policy = policies(clip, seen, there.offsets);
        const auto factor = corrections(correction, seen, there.offsets);
        // Clang before 17 cannot tell an aggregate's template arguments by itself.
        using Parts = TokenObjective<std::remove_const_t<decltype(policy)>, NoKl,
                                     std::remove_const_t<decltype(factor)>>;
        const Parts parts{policy, {}, {}, {}, factor};
        FarBuffer<float> dlogp(std::ssize(one.dlogp));
        FarBuffer<Loss> loss(1);
        const Index blocks = (std::ssize(one.dlogp) + block_tokens - 1) / block_tokens;
        far.for_rows(1, PassRow<Parts>{parts, there, blocks, dlogp.view(), loss.data()});
        std::vector<float> got(one.dlogp.size());
        far.download(std::as_const(dlogp).view(), View<float>(got));
        Loss found;
        far.download(std::as_const(loss).view(), View<Loss>(&found, 1));
        // Compiled apart, the two may contract products and sums differently.
        CHECK(found.value == Approx(want.value).epsilon(1e-5).margin(1e-7));
        CHECK(found.non_finite.count == want.non_finite.count);
        CHECK(distance(got, one.dlogp) < 1e-6f);
    }
}

}  // namespace

TEST_CASE("what looks at all tokens of a step is bound here and read there",
          "[backend][bound_part]") {
    check(ClipCov{.share = 0.05, .lowest = 0.1f});
    check(KlCov{.share = 0.05});
    check(M2po{Gppo{}, 0.01});
    check(Gppo{}, BatchNormal{TokenTis{}});
    check(KlCov{.share = 0.05}, BatchNormal{SequenceTis{}});
}

TEST_CASE("what looks at its sequence is bound from sums there", "[backend][bound_part]") {
    check(SequenceRatio{Gppo{.low = 3e-4f, .high = 4e-4f}}, SequenceTis{});
    check(Opsm{Gppo{}}, SequenceMask{0.0f, 1e30f});
    check(RolloutRatio{Gppo{}});  // of no sums at all
}
