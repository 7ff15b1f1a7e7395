// SPDX-License-Identifier: Apache-2.0
//
// After the first step of a size nothing is allocated any more: pages given back and faulted in
// again are half the cost of an eager framework.
#include "catch.hpp"

#include <gppo/backend/cpu/cpu.hpp>
#include <gppo/model/qwen3.hpp>
#include <gppo/model/qwen3_decode.hpp>
#include <gppo/rollout/generate.hpp>
#include <gppo/train/adamw.hpp>
#include <gppo/train/packed_batch.hpp>

#include <atomic>
#include <cstdlib>
#include <new>
#include <vector>

namespace {
std::atomic<std::size_t> allocated{0};  // bytes, since the start of the process

void* counted(std::size_t size, std::size_t alignment) {
    allocated += size;
    const std::size_t whole = (size + alignment - 1) / alignment * alignment;
    if (void* memory = std::aligned_alloc(alignment, whole)) return memory;
    throw std::bad_alloc();
}
}  // namespace

void* operator new(std::size_t size) {
    return counted(size, alignof(std::max_align_t));
}
void* operator new(std::size_t size, std::align_val_t alignment) {
    return counted(size, static_cast<std::size_t>(alignment));
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept try {
    return counted(size, alignof(std::max_align_t));
} catch (const std::bad_alloc&) {
    return nullptr;
}
void operator delete(void* memory) noexcept {
    std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
    std::free(memory);
}
void operator delete(void* memory, std::align_val_t) noexcept {
    std::free(memory);
}
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
    std::free(memory);
}

using namespace gppo;

namespace {

Qwen3Config tiny() {
    Qwen3Config c;
    c.hidden_size = 64, c.num_hidden_layers = 2, c.vocab_size = 97, c.head_dim = 16;
    c.num_attention_heads = 4, c.num_key_value_heads = 2, c.intermediate_size = 96;
    c.max_position_embeddings = 512;
    return c;
}

/// `sequences` completions of `length` tokens behind prompts of three.
PackedBatch batch_of(Index sequences, Index length) {
    PackedBatch batch;
    for (Index b = 0; b < sequences; ++b) {
        std::vector<std::int32_t> ids;
        for (Index t = 0; t < length + 3; ++t)
            ids.push_back(static_cast<std::int32_t>((b * 31 + t * 7) % 97));
        const std::span all(ids);
        batch.add(all.first(3), all.subspan(3));
    }
    return batch;
}

}  // namespace

TEST_CASE("a training step allocates nothing after the first of its size", "[train]") {
    for (const Precision precision : {Precision::fp32, Precision::bf16})
        for (const Activations kept :
             {Activations::kept, Activations::rounded, Activations::recomputed}) {
            const Cpu cpu(2, precision);
            Qwen3<Cpu> model(cpu, tiny(), kept);
            model.initialize(1);
            auto m = cpu.allocate<float>(model.weights().size);
            auto v = cpu.allocate<float>(model.weights().size);
            const PackedBatch large = batch_of(6, 80), small = batch_of(5, 33);
            std::vector<float> logp(large.targets.size()), entropy(logp.size());
            std::vector<float> dlogp(logp.size(), 0.1f);
            const auto step = [&](const PackedBatch& batch, Index number) {
                const auto tokens = static_cast<Index>(batch.targets.size());
                model.zero_gradients();
                model.forward({batch.tokens, batch.offsets}, {batch.rows, batch.targets}, 1.0f,
                              View<float>(logp).slice(0, tokens),
                              View<float>(entropy).slice(0, tokens));
                model.backward(View<const float>(dlogp).slice(0, tokens), {});
                adamw_step(cpu, model.tensors(), model.weights(), model.gradients(), m.view(),
                           v.view(), {}, number);
            };
            step(large, 1);
            const std::size_t before = allocated;
            step(small, 2), step(large, 3), step(small, 4);
            const std::size_t more = allocated - before;
            CAPTURE(kept);
            CHECK(more == 0);
        }
}

TEST_CASE("a rollout with the same decoder allocates no more than its completions", "[train]") {
    const Cpu cpu(2);
    Qwen3<Cpu> model(cpu, tiny());
    model.initialize(1);
    Qwen3Decoder<Cpu> decoder(model);
    std::vector<Request> requests;
    for (std::uint64_t id = 0; id < 8; ++id) requests.push_back({{1, 2, 3}, id, 100});
    const auto rollout = [&] {
        const std::size_t before = allocated;
        decoder.load();
        generate(decoder, requests, 4, {}, 1);
        return allocated - before;
    };
    const std::size_t first = rollout(), second = rollout(), third = rollout();
    CAPTURE(first, second, third);
    CHECK(second < first / 4);
    CHECK(third <= second);
}
