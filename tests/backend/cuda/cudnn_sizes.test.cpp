// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/backend/cuda/cudnn_sizes.hpp>

using namespace gppo;

TEST_CASE("sizes of plans are rounded up, by a quarter at most") {
    for (Index n = 1; n < 3000; ++n) {
        CHECK(rounded_up(n, 1) >= n);
        CHECK(4 * rounded_up(n, 1) <= 5 * n + 3);
        CHECK(rounded_up(n, 64) % 64 == 0);
    }
}

TEST_CASE("heads go in groups whose queries are aligned, down to one key") {
    const AttentionShape small{16, 8, 128, 1.0f}, large{32, 8, 128, 1.0f};
    CHECK(cudnn_kv_heads_at_once(large, {8, 1024, 8192}) == 8);
    CHECK(cudnn_kv_heads_at_once(large, {1, 32768, 32768}) == 1);
    CHECK(cudnn_kv_heads_at_once(small, {1, 32768, 32768}) == 2);  // 2 queries each: 8 bytes
}

TEST_CASE("memory of attention is counted by hand") {
    // 8,192 tokens: 64 MiB each for q, out, dout, dq and 16 for k, v, dk, dv; 257 MiB of gradients
    // and sums, and with two keys at a time 8 heads of 8,192^2 in bf16, 1,024 MiB.
    CHECK(cudnn_attention_bytes({32, 8, 128, 1.0f}, {1, 8192, 8192}) ==
          (Index{4 * 64 + 4 * 16 + 257 + 1024} << 20));
}
