// SPDX-License-Identifier: Apache-2.0
//
// Generation on a GPU beside the CPU's.
#include "backend/cuda/gpu.hpp"
#include "backend/decode_steps.hpp"
#include "model/tiny_qwen3.hpp"

#include <gppo/rollout/generate.hpp>

#include <vector>

using namespace gppo;
using namespace gppo::test;

namespace {

template <class K>
std::vector<std::vector<Completion>> sampled(const K& backend, const Sampling& sampling) {
    Qwen3Config shape = tiny_config();
    shape.max_position_embeddings = 96;
    Qwen3<K> model(backend, shape);
    model.initialize(3);
    const std::vector<Request> requests{{{1, 2, 3}, 0, 40}, {{7}, 1, 60}, {{4, 4, 12, 0, 9}, 2, 9}};
    return generate(model, requests, 5, sampling, 42, {.slots = 7});
}

}  // namespace

TEST_CASE("attention over pages on a GPU is the CPU's over strips", "[cuda]") {
    const auto cuda = gpu();
    if (!cuda) return;
    for (const AttentionShape s :
         {AttentionShape{6, 2, 10, 0.3f}, AttentionShape{16, 8, 128, 0.1f}})
        for (const Index length : {1, 50, 290, 3000})
            CHECK(distance(few_steps(*cuda, s, length), few_steps(Cpu(2), s, length)) < 1e-5f);
}

TEST_CASE("in bf16 attention over pages on a GPU is the CPU's over rounded numbers", "[cuda]") {
    const auto cuda = gpu(Precision::bf16);
    if (!cuda) return;
    const AttentionShape s{16, 8, 128, 0.1f};
    for (const Index length : {1, 50, 290, 3000})
        CHECK(distance(few_steps(*cuda, s, length), few_steps(Cpu(2), s, length, true)) < 1e-5f);
}

TEST_CASE("prompts that go in whole give on a GPU what they give in rows", "[cuda]") {
    const auto cuda = gpu();
    if (!cuda) return;
    Qwen3Config shape = tiny_config();
    shape.max_position_embeddings = 4096;
    Qwen3<Cuda> model(*cuda, shape);
    model.initialize(3);
    const std::vector<Request> requests{{std::vector<std::int32_t>(300, 4), 0, 20},
                                        {{7}, 1, 20},
                                        {std::vector<std::int32_t>(2500, 9), 2, 20}};
    const auto whole = generate(model, requests, 3, {}, 42, {.whole_prompt = 256}),
               rows = generate(model, requests, 3, {}, 42, {.whole_prompt = 5000});
    for (std::size_t r = 0; r < rows.size(); ++r)
        for (std::size_t g = 0; g < 3; ++g) {
            CHECK(whole[r][g].tokens == rows[r][g].tokens);
            CHECK(distance(whole[r][g].logp, rows[r][g].logp) < 1e-4f);
        }
}

TEST_CASE("completions of a GPU are the CPU's, and the same twice", "[cuda]") {
    const auto cuda = gpu();
    if (!cuda) return;
    for (const Sampling& sampling :
         {Sampling{}, Sampling{.top_k = 5, .top_p = 0.8f}, Sampling{.greedy = true}}) {
        const auto got = sampled(*cuda, sampling), want = sampled(Cpu(2), sampling);
        const auto again = sampled(*cuda, sampling);
        for (std::size_t r = 0; r < want.size(); ++r)
            for (std::size_t g = 0; g < want[r].size(); ++g) {
                CHECK(got[r][g].tokens == want[r][g].tokens);
                CHECK(distance(got[r][g].logp, want[r][g].logp) < 1e-4f);
                CHECK(again[r][g].logp == got[r][g].logp);
            }
    }
}
