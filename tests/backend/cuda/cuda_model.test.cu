// SPDX-License-Identifier: Apache-2.0
//
// Attention, the model and the optimizer on a GPU beside the CPU's.
#include "backend/cuda/attend.hpp"
#include "model/tiny_qwen3.hpp"
#include "random_values.hpp"

#include <gppo/train/adamw.hpp>
#include <gppo/train/adamw_moments.hpp>

#include <type_traits>
#include <vector>

using namespace gppo;
using namespace gppo::test;

namespace {

struct Steps {
    std::vector<float> logp, entropy, logits, weights;
    double norm = 0;
};

template <class K>
Steps three_steps(const K& backend, Activations kept) {
    const TinyBatch batch;
    Qwen3<K> model(backend, tiny_config(false), kept);
    model.initialize(7);
    Steps seen{std::vector<float>(7), std::vector<float>(7), std::vector<float>(11 * 13), {}};
    auto m = backend.template allocate<float>(model.layout().count);
    auto v = backend.template allocate<float>(model.layout().count);
    const std::vector<float> dlogp{1, -1, 0.5f, 2, 0, 1, -0.3f}, dentropy{0, 1, 0, -1, 1, 0.2f, 0};
    for (Index step = 1; step <= 3; ++step) {
        model.zero_gradients();
        model.forward(batch.packed(), batch.targets(), 0.9f, seen.logp, seen.entropy);
        model.backward(dlogp, dentropy);
        seen.norm = squared_norm(backend, View<const float>(model.gradients()));
        adamw_step(backend, model.tensors(), model.weights(), model.gradients(), m.view(), v.view(),
                   AdamWOptions{.lr = 0.01f, .eps = 0.1f, .weight_decay = 0.1f}, step, 0.5f);
    }
    model.logits(batch.packed(), seen.logits);
    seen.weights = here(backend, model.weights());
    return seen;
}

/// The same with weights in bf16: what they are after three steps.
template <class K>
std::vector<float> three_steps_of_halves(const K& backend, MomentStorage storage) {
    const TinyBatch batch;
    Qwen3<K> model(backend, tiny_config(false), Activations::kept, Precision::bf16);
    model.initialize(7);
    Moments<K> moments(backend, storage);
    moments.reset(model.tensors());
    std::vector<float> logp(7);
    const std::vector<float> dlogp{1, -1, 0.5f, 2, 0, 1, -0.3f};
    for (Index step = 1; step <= 3; ++step) {
        model.zero_gradients();
        model.forward(batch.packed(), batch.targets(), 0.9f, logp, {});
        model.backward(dlogp, {});
        adamw_step(backend, model.tensors(), model.stored_weights(), model.gradients(), moments,
                   AdamWOptions{.lr = 0.01f, .eps = 0.1f}, step, 0.5f, {.random = {3}});
    }
    std::vector<std::uint16_t> halves(static_cast<std::size_t>(model.layout().count));
    backend.download(model.stored_weights().halves(), View<std::uint16_t>(halves));
    std::vector<float> weights(halves.size());
    copy_stored(View<const std::uint16_t>(halves), weights);
    return weights;
}

}  // namespace

TEST_CASE("three steps of weights in bf16 on a GPU are the CPU's", "[cuda]") {
    const auto cuda = gpu();
    if (!cuda) return;
    for (const MomentStorage storage :
         {MomentStorage::fp32, MomentStorage::bf16, MomentStorage::int8}) {
        CAPTURE(static_cast<int>(storage));
        const auto got = three_steps_of_halves(*cuda, storage),
                   want = three_steps_of_halves(Cpu(1), storage);
        std::size_t differ = 0;  // a last bit may turn a rounding
        for (std::size_t i = 0; i < got.size(); ++i) differ += got[i] != want[i];
        CHECK(differ <= 4);
        CHECK(three_steps_of_halves(*cuda, storage) == got);
    }
}

TEST_CASE("attention on a GPU is the CPU's", "[cuda]") {
    const auto cuda = gpu();
    if (!cuda) return;
    for (const auto& lengths : {std::vector<Index>{1, 7, 0, 3}, {1, 600, 2}, {256, 512}}) {
        const AttentionCase c(6, 2, 32, lengths, 3);
        const AttentionResult got = attend(*cuda, c), want = run_attention(c, 1);
        CHECK(distance(got.out, want.out) < 1e-5f);
        CHECK(distance(got.lse, want.lse) < 1e-5f);
        CHECK(distance(got.dq, want.dq) < 2e-5f);
        CHECK(distance(got.dk, want.dk) < 2e-5f);
        CHECK(distance(got.dv, want.dv) < 2e-5f);
        const AttentionResult again = attend(*cuda, c);
        CHECK(again.dq == got.dq);
        CHECK(again.dk == got.dk);
    }
}

TEST_CASE("three training steps on a GPU are the CPU's, and the same twice", "[cuda]") {
    const auto cuda = gpu();
    if (!cuda) return;
    for (const Activations kept : {Activations::kept, Activations::recomputed}) {
        const Steps want = three_steps(Cpu(1), kept), got = three_steps(*cuda, kept);
        CHECK(distance(got.logp, want.logp) < 1e-4f);
        CHECK(distance(got.entropy, want.entropy) < 1e-4f);
        CHECK(distance(got.logits, want.logits) < 1e-4f);
        CHECK(distance(got.weights, want.weights) < 1e-4f);
        CHECK(got.norm == Approx(want.norm).epsilon(1e-3));
        CHECK(three_steps(*cuda, kept).weights == got.weights);
    }
}
