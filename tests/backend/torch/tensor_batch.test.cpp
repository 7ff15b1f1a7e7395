// SPDX-License-Identifier: Apache-2.0
#include "torch.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/exp.h>
#include <ATen/ops/log_softmax.h>
#include <ATen/ops/minimum.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/zeros_like.h>
#include <thread>

using namespace gppo;

namespace {

Objective composed{GroupNorm{},         DualClip{Gppo{}, 10.0f}, SequenceMeanTokenMean{},
                   KlTerm{K3{}, 0.01f}, EntropyBonus{0.01f},     Positives{0.1f}};

/// One logit row a token, its log-prob of the chosen id and its entropy.
struct Model {
    at::Tensor logits, ids;
    explicit Model(Index tokens)
        : logits(at::randn({tokens, 11}).requires_grad_()),
          ids(at::randint(0, 11, {tokens, 1}, at::kLong)) {}
    at::Tensor logp() const { return at::log_softmax(logits, 1).gather(1, ids).squeeze(1); }
    at::Tensor entropy() const {
        const at::Tensor all = at::log_softmax(logits, 1);
        return -(all.exp() * all).sum(1);
    }
};

}  // namespace

TEST_CASE("on tensors an objective gives bitwise the numbers it gives on a CPU", "[torch]") {
    const auto seed = GENERATE(1u, 2u);
    INFO("seed " << seed);
    RandomBatch random(seed, {.prompts = 20, .longest = 3000, .masked = seed == 2u ? 0.1 : 0.0});
    const Batch<> views = random.view();
    composed.prepare(random.rewards, views);
    const Loss expected = evaluate(Cpu{1}, composed, views, random.dlogp, random.dentropy);

    TensorBatch batch = tensors_of(random);
    prepare(composed, tensor_of(random.rewards), batch);
    for (const bool two_rows : {false, true}) {
        at::Tensor logp = tensor_of(random.logp);
        if (two_rows && logp.numel() % 2 == 0) logp = logp.view({2, -1});
        const TensorLoss out = evaluate(composed, logp, batch);
        CHECK(out.loss.value == expected.value);
        CHECK(out.dlogp.sizes() == logp.sizes());
        CHECK(out.dlogp.reshape(-1).equal(tensor_of(random.dlogp)));
        CHECK(out.dentropy.equal(tensor_of(random.dentropy)));
    }
}

TEST_CASE("backward gives a model the gradient of the formula", "[torch]") {
    RandomBatch random(3, {.prompts = 6, .longest = 50, .masked = 0.2});
    const Model ours(static_cast<Index>(random.logp.size())), theirs = [&] {
        Model m(ours);
        m.logits = ours.logits.detach().clone().requires_grad_();
        return m;
    }();
    TensorBatch batch = tensors_of(random);
    batch.logp_old = (ours.logp().detach() + 0.3 * at::randn({ours.logits.size(0)})).contiguous();
    batch.entropy = ours.entropy();
    const Objective objective{GroupNorm{}, PpoClip{}, TokenMean{}, KlTerm{NoKl{}},
                              EntropyBonus{0.05f}};
    prepare(objective, tensor_of(random.rewards), batch);
    const Loss loss = backward(objective, ours.logp(), batch);

    const at::Tensor logp = theirs.logp(), ratio = (logp - batch.logp_old).exp();
    at::Tensor advantage = at::zeros_like(logp);
    for (std::size_t b = 0; b + 1 < random.offsets.size(); ++b)
        advantage.slice(0, random.offsets[b], random.offsets[b + 1])
            .fill_(batch.advantage[static_cast<Index>(b)].item());
    const at::Tensor mask = batch.mask.to(at::kFloat);
    const at::Tensor value = at::minimum(ratio * advantage, ratio.clamp(0.8, 1.2) * advantage);
    const at::Tensor expected = -(((value + 0.05 * theirs.entropy()) * mask).sum() / mask.sum());
    expected.backward();
    CHECK(loss.value == Approx(expected.item<double>()).epsilon(1e-5));
    CHECK((ours.logits.grad() - theirs.logits.grad()).norm().item<double>() <
          1e-5 * theirs.logits.grad().norm().item<double>());
}

TEST_CASE("without an entropy in the graph only logp is entered", "[torch]") {
    RandomBatch random(4);
    TensorBatch batch = tensors_of(random);
    const Objective objective{GroupNorm{}, Gppo{}, TokenMean{}};
    prepare(objective, tensor_of(random.rewards), batch);
    const at::Tensor logp = tensor_of(random.logp).clone().requires_grad_();
    backward(objective, logp, batch);
    CHECK(logp.grad().equal(evaluate(objective, logp, batch).dlogp));
    CHECK_THROWS_WITH(backward(objective, logp.detach(), batch),
                      Contains("logp does not require a gradient"));
}

TEST_CASE("a tensor of the batch that does not fit is named, and nothing is written", "[torch]") {
    RandomBatch random(5);
    TensorBatch batch = tensors_of(random);
    const Objective objective{GroupNorm{}, Gppo{}, TokenMean{}};
    prepare(objective, tensor_of(random.rewards), batch);
    const at::Tensor logp = tensor_of(random.logp), dlogp = tensor_of(random.dlogp);
    const auto refused = [&](const TensorBatch& with, const at::Tensor& model) {
        try {
            evaluate(objective, model, with, dlogp, {});
        } catch (const Error& error) {
            for (const float x : random.dlogp) CHECK(x == 7.0f);
            return std::string(error.what());
        }
        return std::string("accepted");
    };
    CHECK_THAT(refused(batch, logp.to(at::kHalf)), Contains("logp has elements of type Half"));
    CHECK_THAT(refused(batch, {}), Contains("logp is an undefined tensor"));
    TensorBatch wrong = batch;
    wrong.logp_old = batch.logp_old.to(at::kDouble);
    CHECK_THAT(refused(wrong, logp), Contains("logp_old has elements of type Double"));
    wrong.logp_old = batch.logp_old.slice(0, 1);
    CHECK_THAT(refused(wrong, logp), Contains("batch.logp_old has"));
    wrong = batch;
    wrong.offsets = at::Tensor();
    CHECK_THAT(refused(wrong, logp), Contains("offsets is an undefined tensor"));
    wrong = batch;
    wrong.coefficient = at::Tensor();
    CHECK_THAT(refused(wrong, logp), Contains("batch.coefficient has 0 elements"));
}

TEST_CASE("host threads may evaluate at the same time", "[torch]") {
    RandomBatch random(6, {.prompts = 30, .longest = 400});
    TensorBatch batch = tensors_of(random);
    const Objective objective{GroupNorm{}, Gspo{}, SequenceMeanTokenMean{}};
    prepare(objective, tensor_of(random.rewards), batch);
    const at::Tensor logp = tensor_of(random.logp);
    const at::Tensor expected = evaluate(objective, logp, batch).dlogp;
    std::vector<std::thread> threads;
    std::vector<char> equal(4, 0);
    for (char& same : equal)
        threads.emplace_back([&] {
            same = 1;
            for (int i = 0; i < 20; ++i)
                same = same && evaluate(objective, logp, batch).dlogp.equal(expected);
        });
    for (std::thread& thread : threads) thread.join();
    for (const char same : equal) CHECK(same);
}
