// SPDX-License-Identifier: Apache-2.0
#include "backend/cuda/described_gpu.hpp"
#include "catch.hpp"

#include <gppo/backend/cuda/cudnn_attention.hpp>

using namespace gppo;

namespace {

constexpr AttentionShape qwen3_8b{32, 8, 128, 0.0883883f};
using enum CudnnPlan::Direction;

}  // namespace

TEST_CASE("cuDNN plans Qwen3's attention for Hopper and Blackwell") {
    const int sm = GENERATE(90, 100);
    CAPTURE(sm);
    CudnnAttention attention(sm == 90 ? hopper() : described(100, 148, 232448));
    CudnnPlan& there = attention.plan(forward, qwen3_8b, {7, 1900, 8192}, 8);
    CHECK(there.workspace() < (1 << 20));
    CHECK(&attention.plan(forward, qwen3_8b, {7, 1901, 8190}, 8) == &there);
    CHECK(attention.plan(backward, qwen3_8b, {7, 1900, 8192}, 8).workspace() <=
          cudnn_backward_limit * 11 / 10);
}

TEST_CASE("cuDNN plans forward for prompts, in few sizes, with empty sequences behind") {
    CudnnAttention attention(hopper());
    for (const PackedSizes& sizes : {PackedSizes{1, 4096, 2100}, {8, 512, 2600}, {32, 256, 8192}})
        CHECK(attention.plan(forward, qwen3_8b, sizes, 8).workspace() < (1 << 20));
}

TEST_CASE("what backward needs is known before it is planned") {
    CudnnAttention attention(hopper());
    struct Case {
        PackedSizes sizes;
        Index kv_heads;  // at once
    };
    for (const auto& [sizes, kv_heads] : {Case{{8, 1024, 8192}, 8}, Case{{1, 8192, 8192}, 2},
                                          Case{{1, 32768, 32768}, 1}, Case{{64, 512, 32768}, 4}}) {
        CAPTURE(sizes.sequences, sizes.longest, sizes.tokens);
        CHECK(cudnn_kv_heads_at_once(qwen3_8b, sizes) == kv_heads);
        const Index guess = cudnn_backward_bytes(
            {sizes.sequences, sizes.longest, sizes.tokens, 4 * kv_heads, kv_heads, 128, 32, 8});
        const Index planned = attention.plan(backward, qwen3_8b, sizes, kv_heads).workspace();
        CHECK(planned <= guess * 51 / 50);
        CHECK(planned >= guess * 49 / 50);
    }
}
