// SPDX-License-Identifier: Apache-2.0
#include "backend/cuda/gpu.hpp"
#include "random_batch.hpp"

#include <gppo/cuda.hpp>

using namespace gppo;

namespace {

/// Loss and gradients of the GPU against those of one thread of the host, for a batch with a mask,
/// a NaN, a reference and positives.
template <class O>
void check_objective(O objective, RandomBatch::Shape shape) {
    const auto cuda = gpu();
    if (!cuda) return;
    RandomBatch one(17, shape);
    one.logp[one.logp.size() / 2] = std::nanf("");
    objective.prepare(one.rewards, one.view());
    const Loss want = evaluate(serial, objective, one.view(), one.dlogp, one.dentropy);

    const CudaBatch<float> batch(*cuda, one.view(), TokenMemory::host);
    CudaBuffer<float> dlogp = cuda->allocate<float>(batch.tokens());
    CudaBuffer<float> dentropy = cuda->allocate<float>(batch.tokens());
    const Loss got = evaluate(*cuda, objective, batch, dlogp.view(), dentropy.view());
    std::vector<float> theirs(one.dlogp.size()), entropies(one.dlogp.size());
    dlogp.download(View<float>(theirs)), dentropy.download(View<float>(entropies));
    cuda->wait();

    CHECK(got.value == Approx(want.value).epsilon(1e-5).margin(1e-7));
    CHECK(got.kl == Approx(want.kl).epsilon(1e-5).margin(1e-7));
    CHECK(got.positive == Approx(want.positive).epsilon(1e-5).margin(1e-7));
    CHECK(got.non_finite.count == want.non_finite.count);
    CHECK(got.non_finite.token == want.non_finite.token);
    double worst = 0, most = 0;
    for (std::size_t t = 0; t < theirs.size(); ++t) {
        worst = std::max(worst, static_cast<double>(std::abs(theirs[t] - one.dlogp[t])));
        most = std::max(most, static_cast<double>(std::abs(one.dlogp[t])));
    }
    CHECK(worst <= 1e-6 * most);  // products and sums are contracted differently, nothing else
    CHECK(entropies == one.dentropy);

    const Loss again = evaluate(*cuda, objective, batch, dlogp.view(), dentropy.view());
    CHECK(again.value == got.value);
}

template <class C>
void check_policy(C clip) {
    for (const double masked : {0.0, 0.3})
        for (const Index longest : {40, 5000}) {
            CAPTURE(masked, longest);
            check_objective(
                Objective{GroupNorm{}, clip, TokenMean{}, KlTerm{K3{}, 1e-2f}, EntropyBonus{1e-3f},
                          Positives{0.1f}},
                {.prompts = 8, .longest = longest, .log_ratio = 2.0, .masked = masked, .run = 9});
        }
}

}  // namespace

TEST_CASE("policies give on the GPU what they give on the host", "[cuda]") {
    check_policy(Gppo{.high = 0.28f});
    check_policy(DualClip{Gppo{}, 10.0f});
    check_policy(Sapo{});
}

TEST_CASE("rollout corrections give on the GPU what they give on the host", "[cuda]") {
    const auto check = [](auto correction) {
        check_objective(Objective{GroupNorm{}, Gppo{}, TokenMean{}, KlTerm{K3{}, 1e-2f},
                                  EntropyBonus{1e-3f}, Positives{0.1f}, correction},
                        {.prompts = 8, .longest = 500, .log_ratio = 2.0, .masked = 0.3, .run = 9});
    };
    check(TokenTis{});
    check(IcePop{});
}

TEST_CASE("policies and corrections at sequence level are bound on the GPU", "[cuda]") {
    const auto check = [](auto clip, auto correction) {
        for (const double masked : {0.0, 0.3})
            check_objective(
                corrected(Objective{GroupNorm{}, clip, SequenceMeanTokenMean{}}, correction),
                {.prompts = 8, .longest = 5000, .log_ratio = 0.1, .masked = masked, .run = 9});
    };
    check(Gspo{}, SequenceTis{});
    check(SequenceRatio{Gppo{.low = 3e-4f, .high = 4e-4f}}, TokenTis{});
    check(Luspo{}, NoCorrection{});
    check(Gmpo{}, Product{TokenTis{}, GeometricMask{0.5f, 2.0f}});
    check(Opsm{Gppo{}}, SequenceMask{0.0f, 1e30f});
}

TEST_CASE("policies and corrections that look at all tokens are bound on the host", "[cuda]") {
    const auto check = [](auto clip, auto correction) {
        for (const double masked : {0.0, 0.3})
            check_objective(
                corrected(Objective{GroupNorm{}, clip, TokenMean{}}, correction),
                {.prompts = 8, .longest = 5000, .log_ratio = 0.1, .masked = masked, .run = 9});
    };
    check(ClipCov{.share = 0.05, .lowest = 0.1f}, NoCorrection{});
    check(KlCov{.share = 0.05}, NoCorrection{});
    check(M2po{Gppo{}}, NoCorrection{});
    check(Gppo{}, BatchNormal{TokenTis{}});
}

TEST_CASE("diagnostics of the GPU are the host's", "[cuda]") {
    const auto cuda = gpu();
    if (!cuda) return;
    RandomBatch one(29, {.prompts = 8, .longest = 5000, .log_ratio = 0.5, .masked = 0.3, .run = 9});
    const Objective objective{GroupNorm{}, DualClip{Gppo{}, 3.0f}, TokenMean{}};
    objective.prepare(one.rewards, one.view());
    const CudaBatch<float> batch(*cuda, one.view(), TokenMemory::host);
    CudaBuffer<float> dlogp = cuda->allocate<float>(batch.tokens());
    Diagnostics want, got;
    const Loss here = evaluate(serial, objective, one.view(), one.dlogp, {}, want);
    const Loss there = evaluate(*cuda, objective, batch, dlogp.view(), {}, got);
    CHECK(there.value == Approx(here.value).epsilon(1e-5));
    CHECK(got.tokens == want.tokens);
    CHECK(got.ratio == Approx(want.ratio).epsilon(1e-5));
    CHECK(got.dual.count == Approx(want.dual.count).margin(1));  // ratios on the bound
    CHECK(got.mass() == Approx(want.mass()).epsilon(1e-5));
}

TEST_CASE("what an objective needs and the batch lacks is refused before anything is written",
          "[cuda]") {
    const auto cuda = gpu();
    if (!cuda) return;
    RandomBatch one(3);
    Objective objective{GroupNorm{}, Gppo{}, TokenMean{}, KlTerm{K3{}, 1e-2f}};
    objective.prepare(one.rewards, one.view());
    Batch<> without = one.view();
    without.logp_ref = {};
    const CudaBatch<float> batch(*cuda, without, TokenMemory::host);
    CudaBuffer<float> dlogp = cuda->allocate<float>(batch.tokens());
    CHECK_THROWS_WITH(evaluate(*cuda, objective, batch, dlogp.view()),
                      "the KL term needs batch.logp_ref");
    CudaBuffer<float> narrow = cuda->allocate<float>(batch.tokens() - 1);
    CHECK_THROWS_AS(evaluate(*cuda, objective, batch, narrow.view()), Error);

    const Objective corrected{GroupNorm{}, Gppo{}, TokenMean{}, KlTerm<NoKl>{}, {}, {}, TokenTis{}};
    without = one.view();
    without.logp_rollout = {};
    const CudaBatch<float> plain(*cuda, without, TokenMemory::host);
    CHECK_THROWS_WITH(evaluate(*cuda, corrected, plain, dlogp.view()),
                      Catch::Contains("needs batch.logp_rollout"));
}
