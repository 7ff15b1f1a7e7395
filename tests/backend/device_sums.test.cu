// SPDX-License-Identifier: Apache-2.0
#include "backend/cuda/gpu.hpp"
#include "random_batch.hpp"

#include <gppo/backend/cuda/cuda_batch.hpp>
#include <gppo/backend/device_sums.hpp>

using namespace gppo;

TEST_CASE("sums over sequences on the GPU are those of the host", "[cuda]") {
    const auto cuda = gpu();
    if (!cuda) return;
    RandomBatch one(23, {.prompts = 6, .longest = 5000, .masked = 0.3, .run = 9});
    one.logp[one.logp.size() / 2] = std::nanf("");
    const CudaBatch<float> batch(*cuda, one.view(), TokenMemory::host);
    const Batch<> host = one.view(), device = batch.view();
    const auto want = sequence_differences(serial, host, host.logp, host.logp_old);
    const auto got = sequence_differences(DeviceSums{cuda.get(), device.offsets}, device,
                                          device.logp, device.logp_old);
    REQUIRE(got.size() == want.size());
    for (std::size_t b = 0; b < want.size(); ++b) {
        CHECK(got[b].count == want[b].count);
        CHECK(got[b].sum == Approx(want[b].sum).epsilon(1e-5).margin(1e-4));
    }
}
