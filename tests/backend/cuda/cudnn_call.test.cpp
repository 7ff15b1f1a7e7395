// SPDX-License-Identifier: Apache-2.0
#include "backend/cuda/described_gpu.hpp"
#include "catch.hpp"

#include <gppo/backend/cuda/cudnn_attention.hpp>

#include <string>

using namespace gppo;

TEST_CASE("a GPU before Hopper is refused with what to do") {
    CudnnAttention attention(described(80, 108, 166912));
    try {
        attention.plan(CudnnPlan::Direction::forward, AttentionShape{32, 8, 128, 0.0883883f},
                       {8, 1024, 8192}, 8);
        FAIL("planned");
    } catch (const Error& error) {
        const std::string text = error.what();
        CAPTURE(text);
        CHECK(text.find("8 sequences of 1024 tokens, 32 heads of 128 over 8") != std::string::npos);
        CHECK(text.find("on Hopper (sm_90) or newer") != std::string::npos);
    }
}
