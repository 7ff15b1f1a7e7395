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

#include <gppo/model/qwen3_pass_memory.hpp>

#include <vector>

namespace {

using Floats = std::vector<float>;

const FarMemory far_memory_of_learner(1);

std::unique_ptr<AnyModel> make_far(const gppo::Qwen3Config& shape, gppo::Activations kept,
                                   gppo::Precision weights) {
    return std::make_unique<FarModelOn<FarMemory>>(far_memory_of_learner, shape, kept, weights);
}

Floats copy_of(gppo::StoredView<const float> x) {
    Floats copy(static_cast<std::size_t>(x.size));
    gppo::copy_stored(x, copy);
    return copy;
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
    Floats logp, weights, moments;  // moments as floats where they are kept so
    double norm = 0;
};

/// Three steps, through a checkpoint of the moments and the weights after the second.
Learnt learn_three(MakeModel* make, bool with_adapter, MomentOptions how = {},
                   gppo::Precision kept = gppo::Precision::fp32) {
    const Engine engine(gppo::Cpu(1), make);
    Ranks alone;
    std::optional<gppo::LoraConfig> lora;
    if (with_adapter) lora = gppo::LoraConfig{.rank = 2};
    const gppo::AdamWOptions options{.lr = 0.01f, .eps = 0.1f, .weight_decay = 0.1f};
    Learnt seen;
    Learner first(engine, gppo::test::tiny_config(), gppo::Activations::kept, lora, alone, how,
                  kept);
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

    Learner second(engine, gppo::test::tiny_config(), gppo::Activations::recomputed, lora, alone,
                   how, kept);
    const auto restore = [](gppo::View<float> to, gppo::View<const float> from) {
        std::copy(from.begin(), from.end(), to.begin());
    };
    second.model.initialize(99);
    gppo::copy_stored(std::as_const(first.model).stored_weights(), second.model.stored_weights());
    if (second.adapter) {
        restore(second.adapter->base(), first.adapter->base());
        restore(second.adapter->weights(), first.adapter->weights());
    }
    second.count = first.count;
    second.moments.reset(second.tensors());
    std::copy_n(first.moments.bytes().data, first.moments.bytes().size,
                second.moments.bytes().data);
    second.send_moments();
    learn(second);
    seen.norm = second.update(options, 1.0);
    seen.logp = learn(second);
    second.fetch_moments();
    seen.weights = copy_of(std::as_const(second.model).stored_weights());
    if (how.storage == gppo::MomentStorage::fp32)
        for (const std::size_t part : {0u, 1u})
            for (const float x : second.moments.span().as<float>(part, second.trained()))
                seen.moments.push_back(x);
    return seen;
}

}  // namespace

TEST_CASE("a learner's steps are the same wherever its model is", "[gppo][far_model]") {
    for (const bool with_adapter : {false, true}) {
        const Learnt near = learn_three(nullptr, with_adapter);
        const Learnt far = learn_three(&make_far, with_adapter);
        CHECK(distance(far.logp, near.logp) < 1e-5f);
        CHECK(distance(far.weights, near.weights) < 1e-5f);
        CHECK(distance(far.moments, near.moments) < 1e-5f);
        CHECK(far.norm == Approx(near.norm).epsilon(1e-5));
    }
}

TEST_CASE("weights in bf16 are stepped the same wherever the model is, and follow those in fp32",
          "[gppo][far_model]") {
    const Learnt exact = learn_three(nullptr, false);
    for (const auto storage :
         {gppo::MomentStorage::fp32, gppo::MomentStorage::bf16, gppo::MomentStorage::int8})
        for (const bool offload : {false, true}) {
            CAPTURE(static_cast<int>(storage), offload);
            MomentOptions how{.storage = storage, .key = "moments", .noise = {.random = {7}}};
            const Learnt near = learn_three(nullptr, false, how, gppo::Precision::bf16);
            how.offload = offload;
            const Learnt far = learn_three(&make_far, false, how, gppo::Precision::bf16);
            // Both are compiled apart, so a last bit may turn a rounding.
            std::size_t differ = 0;
            for (std::size_t i = 0; i < near.weights.size(); ++i)
                differ += near.weights[i] != far.weights[i];
            CHECK(differ <= 2);
            CHECK(distance(near.weights, exact.weights) < 0.03f);
            CHECK(near.weights != exact.weights);
        }
}

TEST_CASE("a learner's steps follow those with moments in fp32, however they are kept",
          "[gppo][far_model]") {
    for (const bool with_adapter : {false, true}) {
        const Learnt exact = learn_three(nullptr, with_adapter);
        for (const auto storage : {gppo::MomentStorage::bf16, gppo::MomentStorage::int8}) {
            CAPTURE(with_adapter, static_cast<int>(storage));
            const MomentOptions how{.storage = storage, .key = "moments", .noise = {.random = {7}}};
            const Learnt near = learn_three(nullptr, with_adapter, how);
            const Learnt far = learn_three(&make_far, with_adapter, how);
            CHECK(distance(far.weights, near.weights) < 1e-4f);
            CHECK(distance(near.weights, exact.weights) <
                  (storage == gppo::MomentStorage::bf16 ? 1e-3f : 1e-2f));
            CHECK(near.weights != exact.weights);
        }
    }
}

TEST_CASE("moments that wait here change no bit, and leave their room there", "[gppo][far_model]") {
    for (const auto storage :
         {gppo::MomentStorage::fp32, gppo::MomentStorage::bf16, gppo::MomentStorage::int8}) {
        MomentOptions how{.storage = storage, .key = "moments", .noise = {.random = {7}}};
        const Learnt there = learn_three(&make_far, false, how);
        how.offload = true;
        const Learnt here = learn_three(&make_far, false, how);
        CAPTURE(static_cast<int>(storage));
        CHECK(here.weights == there.weights);
        CHECK(here.logp == there.logp);
        CHECK(here.moments == there.moments);
    }
}

TEST_CASE("a learner takes of far memory what its weights, gradients, pass and moments are",
          "[gppo][far_model]") {
    const Engine engine(gppo::Cpu(1), &make_far);
    Ranks alone;
    const gppo::test::TinyBatch batch;
    const gppo::Qwen3Config c = gppo::test::tiny_config();
    const Index weights = 4 * gppo::qwen3_layout(c).count, before = FarUse::now;
    const gppo::PassMemory pass =
        gppo::qwen3_pass_memory(c,
                                {.tokens = batch.packed().tokens.size,
                                 .sequences = batch.packed().offsets.size - 1,
                                 .targets = 7,
                                 .positions = gppo::longest_sequence(batch.packed().offsets)},
                                gppo::Activations::kept);
    for (const auto storage :
         {gppo::MomentStorage::fp32, gppo::MomentStorage::bf16, gppo::MomentStorage::int8})
        for (const bool offload : {false, true}) {
            CAPTURE(static_cast<int>(storage), offload);
            MomentOptions how{.storage = storage};
            how.offload = offload;
            Learner learner(engine, c, gppo::Activations::kept, std::nullopt, alone, how);
            CHECK(FarUse::now == before);  // not before it computes
            learner.model.initialize(3);
            learn(learner);
            const Index passed = 2 * weights + pass.total() - 4 * 7;  // no entropy's gradient
            CHECK(FarUse::now - before == passed);
            FarUse::peak = FarUse::now.load();
            learner.update({.lr = 0.1f}, 0.0);
            constexpr auto now = static_cast<Index>(sizeof(gppo::AdamWNow));
            const Index moments = gppo::moment_bytes(storage, learner.tensors());
            const Index sums = 4;  // of one chunk
            const Index stay = sums + (offload ? 0 : moments + now);
            CHECK(FarUse::now - before == passed + stay);
            // So small a model is stepped in one piece, if it decays alike, or tensor by tensor.
            const Index step = FarUse::peak - before - passed;
            CHECK(step <= moments + now + sums);
            if (offload && storage == gppo::MomentStorage::int8) CHECK(step < moments / 2);
            learner.model.on().rest(false);
            CHECK(FarUse::now - before == weights + stay);
            learner.model.on().rest(true);
            CHECK(FarUse::now - before == stay);
        }
}

TEST_CASE("a step like the one before is run as it was recorded", "[gppo][far_model]") {
    const gppo::test::TinyBatch batch;
    const auto train = [&](bool forgets) {
        FarModelOn<FarMemory> far(far_memory_of_learner, gppo::test::tiny_config(),
                                  gppo::Activations::kept, gppo::Precision::fp32);
        far.initialize(3);
        far.begin({}, nullptr);
        Floats logp(7), slopes{1, -1, 0.5f, 2, 0, 1, -0.3f};
        const Index before = FarMemory::replayed;
        for (Index step = 1; step <= 6; ++step) {
            far.zero_gradients();
            far.forward(batch.packed(), batch.targets(), 1.0f, logp, {});
            far.backward(slopes, {});
            const double norm = far.squared_norm();
            if (forgets) const FarBuffer<float> grown(step);
            far.step({.lr = 0.01f / static_cast<float>(step), .weight_decay = 0.1f}, step,
                     1.0 / std::sqrt(norm));
        }
        CHECK(FarMemory::replayed - before == (forgets ? 0 : 4));  // once plainly, once recorded
        return copy_of(far.read_weights());
    };
    CHECK(train(false) == train(true));
}

TEST_CASE("a model that rested goes on where it was", "[gppo][far_model]") {
    const gppo::test::TinyBatch batch;
    FarModelOn<FarMemory> far(far_memory_of_learner, gppo::test::tiny_config(),
                              gppo::Activations::kept, gppo::Precision::fp32);
    far.initialize(3);
    Floats before(7), after(7);
    far.forward(batch.packed(), batch.targets(), 1.0f, before, {});
    const Floats kept = copy_of(far.read_weights());
    for (const bool weights_too : {false, true}) {
        far.rest(weights_too);
        far.forward(batch.packed(), batch.targets(), 1.0f, after, {});
        CHECK(after == before);
        CHECK(copy_of(far.read_weights()) == kept);
    }
    far.rest(true);
    far.stored_weights().floats()[0] += 1.0f;  // while it rests
    CHECK(copy_of(far.read_weights()) != kept);
    far.forward(batch.packed(), batch.targets(), 1.0f, after, {});
    CHECK(after != before);
}

TEST_CASE("what is written into the weights here is what computes there", "[gppo][far_model]") {
    const gppo::test::TinyBatch batch;
    FarModelOn<FarMemory> far(far_memory_of_learner, gppo::test::tiny_config(),
                              gppo::Activations::kept, gppo::Precision::fp32);
    far.initialize(3);
    Floats before(7), zeroed(7), after(7);
    far.forward(batch.packed(), batch.targets(), 1.0f, before, {});
    const Floats kept = copy_of(far.read_weights());
    for (float& w : far.stored_weights().floats()) w = 0.0f;
    far.forward(batch.packed(), batch.targets(), 1.0f, zeroed, {});
    for (const float logp : zeroed) CHECK(logp == Approx(-std::log(13.0)));
    std::copy(kept.begin(), kept.end(), far.stored_weights().floats().begin());
    far.forward(batch.packed(), batch.targets(), 1.0f, after, {});
    CHECK(after == before);
}

TEST_CASE("a view of the weights that was kept has what a step made of them", "[gppo][far_model]") {
    const Engine engine(gppo::Cpu(1), &make_far);
    Ranks alone;
    Learner learner(engine, gppo::test::tiny_config(), gppo::Activations::kept, std::nullopt,
                    alone);
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
