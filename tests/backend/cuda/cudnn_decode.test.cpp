// SPDX-License-Identifier: Apache-2.0
//
// The peer of bench/cuda_model.cu, for GPUs that are not there.
#include "../bench/cudnn_decode.hpp"

#include "backend/cuda/described_gpu.hpp"
#include "catch.hpp"

TEST_CASE("cuDNN plans single tokens over pages that are laid out as ours") {
    for (const gppo::Index batch : {1, 32})
        for (const gppo::Index length : {1000, 8192})
            for (const gppo::CudnnDevice& device : {hopper(), described(100, 148, 232448)}) {
                const PagedCase c{{32, 8, 128, 0.088f}, 4, batch, length};
                CAPTURE(batch, length, device.sm);
                CHECK(CudnnDecode(device, c).workspace() < (64 << 20));
            }
}
