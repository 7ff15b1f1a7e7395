// SPDX-License-Identifier: Apache-2.0
//
// cuDNN's attention on a GPU beside ours on the CPU, and what it is told of a batch.
#include "backend/cpu/attention_case.hpp"
#include "backend/cuda/attend.hpp"
#include "random_values.hpp"

#include <gppo/backend/cuda/cudnn_cuda.hpp>
#include <gppo/kernel/team.hpp>

#include <vector>

using namespace gppo;

TEST_CASE("sequences are given to cuDNN as elements, empty ones behind the last") {
    const std::vector<Index> offsets{0, 3, 3, 10};
    std::vector<std::int32_t> lengths(5), queries(6), keys(6), statistics(6);
    CudnnOffsets{offsets,          5, 8, 4, 2, lengths.data(), queries.data(), keys.data(),
                 statistics.data()}(SerialTeam{}, 0);
    CHECK(lengths == std::vector<std::int32_t>{3, 0, 7, 0, 0});
    CHECK(queries == std::vector<std::int32_t>{0, 24, 24, 80, 80, 80});
    CHECK(keys == std::vector<std::int32_t>{0, 12, 12, 40, 40, 40});
    CHECK(statistics == std::vector<std::int32_t>{0, 6, 6, 20, 20, 20});
}

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
