// SPDX-License-Identifier: Apache-2.0
//
// cuDNN's attention on a GPU beside ours on the CPU.
#include "backend/cpu/attention_case.hpp"
#include "backend/cuda/attend.hpp"
#include "random_values.hpp"

#include <gppo/backend/cuda/cudnn_cuda.hpp>

#include <vector>

using namespace gppo;

// bf16 keeps 8 bits; the worst of a few thousand values of size 1 to 3 is off by some of them.
TEST_CASE("cuDNN's attention on a GPU is the CPU's, to bf16", "[cuda]") {
    if (!gpu()) return;
    const CudnnCuda cuda(Precision::bf16);
    for (const auto& lengths : {std::vector<Index>{1, 7, 0, 3}, {1, 600, 2}, {256, 512}}) {
        const AttentionCase c(8, 2, 64, lengths, 3);
        const AttentionResult got = attend(cuda, c), want = run_attention(c, 1);
        CHECK(distance(got.out, want.out) < 3e-2f);
        CHECK(distance(got.lse, want.lse) < 3e-2f);
        CHECK(distance(got.dq, want.dq) < 6e-2f);
        CHECK(distance(got.dk, want.dk) < 6e-2f);
        CHECK(distance(got.dv, want.dv) < 6e-2f);
        CHECK(attend(cuda, c).dq == got.dq);  // sums in one order
    }
}
