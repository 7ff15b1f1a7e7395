// SPDX-License-Identifier: Apache-2.0
#include "backend/torch/attention_in_rows.hpp"
#include "backend/torch/torch_far.hpp"

using namespace gppo;

TEST_CASE("attention by products agrees with the CPU backend's, forward and backward", "[torch]") {
    // The last sequence takes three blocks of queries.
    for (const auto& [heads, kv_heads, head_dim] :
         {std::array<Index, 3>{4, 2, 8}, {6, 1, 16}, {3, 3, 5}}) {
        CAPTURE(heads, kv_heads, head_dim);
        const AttentionInRows attention({heads, kv_heads, head_dim, 0.3f},
                                        {0, 1, 40, 40, 47, 47 + 2 * ProductAttention::block + 9});
        const auto ours = attention.run(TorchFar()), expected = attention.run(Cpu(1));
        for (std::size_t i = 0; i < ours.size(); ++i) {
            CAPTURE(i);
            CHECK(distance(ours[i], expected[i]) < 1e-5f);
        }
    }
}
