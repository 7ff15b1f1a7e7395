// SPDX-License-Identifier: Apache-2.0
//
// Objectives on tensors of a GPU beside the same on the CPU.
#include "backend/cuda/gpu.hpp"

#include <gppo/torch_cuda.hpp>

#include <ATen/ATen.h>
#include <cmath>

using namespace gppo;

namespace {

struct Case {
    at::Tensor rewards = at::tensor({1.0f, 0.0f, 0.5f, 1.0f});
    at::Tensor logp = at::randn({4, 700}) - 2;
    TensorBatch batch{.logp_old = logp + 0.3 * at::randn({4, 700}),
                      .offsets = at::tensor({0L, 700L, 1400L, 2100L, 2800L}),
                      .group = at::tensor({0L, 0L, 1L, 1L}),
                      .mask = at::rand({4, 700}) > 0.2};

    /// The same with tokens on the GPU.
    Case there() const {
        Case copy = *this;
        copy.logp = logp.cuda(), copy.batch.logp_old = batch.logp_old.cuda();
        copy.batch.mask = batch.mask.cuda();
        return copy;
    }
};

float distance(const at::Tensor& a, const at::Tensor& b) {
    return (a.cpu() - b.cpu()).abs().max().item<float>();
}

template <class C>
void same_on_both(const Cuda& cuda, const C& clip) {
    const Objective objective{GroupNorm{}, clip, TokenMean{}, KlTerm<NoKl>{}};
    Case here;
    Case there = here.there();
    prepare(objective, here.rewards, here.batch);
    prepare(cuda, objective, there.rewards, there.batch);
    CHECK(distance(here.batch.coefficient, there.batch.coefficient) == 0.0f);
    const TensorLoss want = evaluate(objective, here.logp, here.batch);
    const TensorLoss got = evaluate(cuda, objective, there.logp, there.batch);
    CHECK(std::abs(want.loss.value - got.loss.value) < 1e-6);
    CHECK(distance(want.dlogp, got.dlogp) < 1e-8f);  // a 2,800th of values of size one
    there.logp.requires_grad_();
    backward(cuda, objective, there.logp, there.batch);
    CHECK(distance(there.logp.grad(), got.dlogp) == 0.0f);
}

}  // namespace

TEST_CASE("objectives on tensors of a GPU are those on the CPU", "[cuda]") {
    const auto cuda = gpu();
    if (!cuda) return;
    same_on_both(*cuda, Gppo{});
    same_on_both(*cuda, PpoClip{});
    same_on_both(*cuda, Gspo{});
}

TEST_CASE("tensors of the CPU are refused where a GPU is asked for", "[cuda]") {
    const auto cuda = gpu();
    if (!cuda) return;
    const Objective objective{GroupNorm{}, Gppo{}, TokenMean{}};
    Case here;
    prepare(objective, here.rewards, here.batch);
    CHECK_THROWS_AS(evaluate(*cuda, objective, here.logp, here.batch), Error);
}
