// SPDX-License-Identifier: Apache-2.0
#include "backend/cuda/described_gpu.hpp"
#include "catch.hpp"

#include <gppo/backend/cuda/cudnn_plan.hpp>

#include <utility>

using namespace gppo;

TEST_CASE("a plan may be of some of the heads, of any size that Qwen3 has") {
    for (const auto& [heads, kv_heads] : {std::pair{16, 8}, {4, 2}, {8, 1}}) {
        CAPTURE(heads, kv_heads);
        const CudnnShape shape{3, 256, 768, heads, kv_heads, 128, 64, 8, 0.0883883f};
        const CudnnPlan forward(hopper(), shape, CudnnPlan::Direction::forward);
        const CudnnPlan backward(hopper(), shape, CudnnPlan::Direction::backward);
        CHECK(forward.workspace() < (1 << 20));
        CHECK(backward.workspace() > 0);
    }
}

TEST_CASE("shapes of plans are ordered by everything in them") {
    const CudnnShape shape{3, 256, 768, 16, 8, 128, 16, 8, 0.5f};
    CudnnShape other = shape;
    CHECK(shape == other);
    other.scale = 0.25f;
    CHECK(other < shape);
}
