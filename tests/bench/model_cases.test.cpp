// SPDX-License-Identifier: Apache-2.0
//
// The GPU's benchmarks on the CPU: that they run, and count what they should.
#include "../bench/model_cases.hpp"

#include "catch.hpp"

#include <gppo/backend/cpu/cpu.hpp>
#include <gppo/model/qwen3_sizes.hpp>

namespace {

const MachinePeak peak{1e12, 1e12};
const auto once = [](auto work) {
    work();
    return 2.0;
};

gppo::Qwen3Config two_layers() {
    gppo::Qwen3Config c;
    c.vocab_size = 60, c.hidden_size = 32, c.num_hidden_layers = 2;
    c.num_attention_heads = 4, c.num_key_value_heads = 2, c.head_dim = 8;
    c.intermediate_size = 48, c.max_position_embeddings = 64;
    return c;
}

}  // namespace

TEST_CASE("operations of Qwen3-8B in training are those of the formula") {
    const auto c = gppo::published_qwen3("Qwen3-8B").value();
    // 36 layers of 4096 x (6144 + 4096) + 3 x 4096 x 12288 weights; 32 heads of 128.
    const double weights = 36.0 * (4096.0 * 10240 + 3.0 * 4096 * 12288);
    const double attention = 36.0 * 12 * 4096 * 4096;  // 4,096 tokens before, on average
    CHECK(training_flops(c, 2, 8192) == Approx(2 * 8192 * (6 * weights + attention)));
}

TEST_CASE("the benchmarks of a model run on any backend") {
    const gppo::Cpu cpu(2);
    CHECK(time_head(cpu, once, 20, 16, 70) == Approx(1.0));
    CHECK(time_head(gppo::Cpu(2, gppo::Precision::bf16), once, 20, 16, 70) == Approx(1.0));
    const double share = training_flops(two_layers(), 3, 16) / (2e-6 * peak.flops);
    CHECK(time_training(cpu, once, two_layers(), 3, 16, peak) == Approx(share));
    const double weights = 2.0 * 32 * (64 + 32 + 3 * 48), cache = 2.0 * 5 * 20 * 2 * 16;
    CHECK(time_decoding(cpu, once, two_layers(), 5, 20, 2, peak) ==
          Approx((2 * weights + 4 * cache) / (2e-6 * peak.bytes)));
    const PagedCase pages{{4, 2, 8, 0.35f}, 2, 3, 40};
    CHECK(pages.bytes() == 2 * 3 * 40 * (2 * 2 * 8) * 2);  // keys and values of bf16
    CHECK(pages.pages() * pages.page().elements() * 2 == 3 * 64 * 2 * (2 * 2 * 8) * 2);
    CHECK(time_paged_attention(cpu, once, pages, peak) ==
          Approx(pages.bytes() / (2e-6 * peak.bytes)));
}
