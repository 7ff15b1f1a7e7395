// SPDX-License-Identifier: Apache-2.0
//
// What the trainer does with a model whose memory is not its own. The same from the command line:
// tests/cli/cuda_backend.py.
#include "far_model.hpp"

#include "backend/far_memory.hpp"
#include "catch.hpp"
#include "far_decoder.hpp"
#include "learner.hpp"
#include "model/tiny_qwen3.hpp"
#include "random_values.hpp"

#include <vector>

namespace {

using Floats = std::vector<float>;

const FarMemory far_memory_of_learner(1);

std::unique_ptr<AnyModel> make_far(const gppo::Qwen3Config& shape, bool recompute) {
    return std::make_unique<FarModelOn<FarMemory>>(far_memory_of_learner, shape, recompute);
}

Floats copy_of(gppo::View<const float> x) {
    return {x.begin(), x.end()};
}

/// One gradient of fixed slopes.
Floats learn(Learner& learner) {
    const gppo::test::TinyBatch batch;
    Floats logp(7);
    learner.model.zero_gradients();
    learner.model.on().forward(batch.packed(), batch.targets(), 1.0f, logp, {});
    const Floats dlogp{1, -1, 0.5f, 2, 0, 1, -0.3f};
    learner.model.on().backward(dlogp, {});
    return logp;
}

struct Learnt {
    Floats logp, weights, first_moment, second_moment;
    double norm = 0;
};

/// Three steps, through a checkpoint of the moments and the weights after the second.
Learnt learn_three(MakeModel* make, bool with_adapter) {
    const Engine engine(gppo::Cpu(1), make);
    Ranks alone;
    std::optional<gppo::LoraConfig> lora;
    if (with_adapter) lora = gppo::LoraConfig{.rank = 2};
    const gppo::AdamWOptions options{.lr = 0.01f, .eps = 0.1f, .weight_decay = 0.1f};
    Learnt seen;
    Learner first(engine, gppo::test::tiny_config(), false, lora, alone);
    first.model.initialize(3);
    const auto begin = [](Learner& learner) {
        if (!learner.adapter) return;
        learner.adapter->keep_base(learner.model.weights());
        learner.adapter->initialize(5);
        learner.adapter->apply(learner.model.weights());
    };
    begin(first);
    for (int step = 0; step < 2; ++step) learn(first), first.update(options, 1.0);
    first.fetch_moments();

    Learner second(engine, gppo::test::tiny_config(), true, lora, alone);
    const auto restore = [](gppo::View<float> to, gppo::View<const float> from) {
        std::copy(from.begin(), from.end(), to.begin());
    };
    second.model.initialize(99);
    restore(second.model.weights(), std::as_const(first.model).weights());
    if (second.adapter) {
        restore(second.adapter->base(), first.adapter->base());
        restore(second.adapter->weights(), first.adapter->weights());
    }
    restore(second.first_moment.view(), first.first_moment.view());
    restore(second.second_moment.view(), first.second_moment.view());
    second.send_moments();
    second.count = first.count;
    learn(second);
    seen.norm = second.update(options, 1.0);
    seen.logp = learn(second);
    second.fetch_moments();
    seen.weights = copy_of(std::as_const(second.model).weights());
    seen.first_moment = copy_of(second.first_moment.view());
    seen.second_moment = copy_of(second.second_moment.view());
    return seen;
}

}  // namespace

TEST_CASE("a learner's steps are the same wherever its model is", "[gppo][far_model]") {
    for (const bool with_adapter : {false, true}) {
        const Learnt near = learn_three(nullptr, with_adapter);
        const Learnt far = learn_three(&make_far, with_adapter);
        CHECK(distance(far.logp, near.logp) < 1e-5f);
        CHECK(distance(far.weights, near.weights) < 1e-5f);
        CHECK(distance(far.first_moment, near.first_moment) < 1e-5f);
        CHECK(distance(far.second_moment, near.second_moment) < 1e-5f);
        CHECK(far.norm == Approx(near.norm).epsilon(1e-5));
    }
}

TEST_CASE("what is written into the weights here is what computes there", "[gppo][far_model]") {
    const gppo::test::TinyBatch batch;
    FarModelOn<FarMemory> far(far_memory_of_learner, gppo::test::tiny_config(), false);
    far.initialize(3);
    Floats before(7), zeroed(7), after(7);
    far.forward(batch.packed(), batch.targets(), 1.0f, before, {});
    const Floats kept = copy_of(far.read_weights());
    for (float& w : far.weights()) w = 0.0f;
    far.forward(batch.packed(), batch.targets(), 1.0f, zeroed, {});
    for (const float logp : zeroed) CHECK(logp == Approx(-std::log(13.0)));
    std::copy(kept.begin(), kept.end(), far.weights().begin());
    far.forward(batch.packed(), batch.targets(), 1.0f, after, {});
    CHECK(after == before);
}

TEST_CASE("a view of the weights that was kept has what a step made of them", "[gppo][far_model]") {
    const Engine engine(gppo::Cpu(1), &make_far);
    Ranks alone;
    Learner learner(engine, gppo::test::tiny_config(), false, std::nullopt, alone);
    learner.model.initialize(3);
    const auto decoder = make_decoder(engine, learner.model);
    const std::vector<gppo::Request> requests{{{1, 2, 3}, 0, 3}};
    const auto logp = [&] {
        return decoder->complete(requests, 1, {.greedy = true}, 1)[0][0].logp[0];
    };
    const float before = logp();
    const gppo::View<const float> kept = std::as_const(learner.model).weights();
    const Floats old = copy_of(kept);
    learn(learner), learner.update({.lr = 0.1f}, 0.0);
    decoder->load();
    CHECK(logp() != before);
    CHECK(copy_of(kept) == old);  // nobody asked: sampling does not need the copy here
    (void)std::as_const(learner.model).weights();
    CHECK(distance(copy_of(kept), old) > 0.01f);
}
