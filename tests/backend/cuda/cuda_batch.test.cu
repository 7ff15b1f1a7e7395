// SPDX-License-Identifier: Apache-2.0
#include "backend/cuda/gpu.hpp"
#include "random_batch.hpp"

#include <gppo/backend/cuda/cuda_batch.hpp>

using namespace gppo;

TEST_CASE("tokens that are on the device already are not copied", "[cuda]") {
    const auto cuda = gpu();
    if (!cuda) return;
    RandomBatch one(5);
    CudaBuffer<float> logp = cuda->allocate<float>(static_cast<Index>(one.logp.size()));
    CudaBuffer<float> logp_old = cuda->allocate<float>(logp.size());
    Batch<> batch{.logp = logp.view(),
                  .logp_old = logp_old.view(),
                  .offsets = one.offsets,
                  .group = one.group,
                  .advantage = one.advantage,
                  .coefficient = one.coefficient};
    const CudaBatch<float> device(*cuda, batch, TokenMemory::device);
    CHECK(device.view().logp.data == logp.data());
    CHECK(device.view().offsets.data != one.offsets.data());
    CHECK(device.tokens() == batch.tokens());
    CHECK(device.sequences() == batch.sequences());
    batch.coefficient.size -= 1;
    CHECK_THROWS_AS(CudaBatch<float>(*cuda, batch, TokenMemory::device), Error);
}
