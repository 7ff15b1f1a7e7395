// SPDX-License-Identifier: Apache-2.0
#include "backend/torch/attention_in_rows.hpp"

using namespace gppo;

TEST_CASE("ATen's attention agrees with the CPU backend's, forward and backward", "[torch]") {
    for (const auto& [heads, kv_heads, head_dim] :
         {std::array<Index, 3>{4, 2, 8}, {6, 1, 16}, {3, 3, 5}}) {
        CAPTURE(heads, kv_heads, head_dim);
        const AttentionInRows attention({heads, kv_heads, head_dim, 0.3f}, {0, 1, 40, 47});
        const auto ours = attention.run(Torch()), expected = attention.run(Cpu(1));
        for (std::size_t i = 0; i < ours.size(); ++i) {
            CAPTURE(i);
            CHECK(distance(ours[i], expected[i]) < 1e-5f);
        }
    }
}
