// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/backend/cuda/cuda_call.hpp>

using namespace gppo;

TEST_CASE("an error of CUDA says what was done, what was wrong and what to do", "[cuda]") {
    CHECK_NOTHROW(cuda_call(cudaSuccess, "anything"));
    CHECK_THROWS_WITH(cuda_call(cudaErrorMemoryAllocation, "taking device memory"),
                      Catch::Contains("CUDA: taking device memory: ") &&
                          Catch::Contains("make the batch or the model smaller"));
    CHECK_THROWS_WITH(cuda_call(cudaErrorNoKernelImageForDevice, "starting a kernel"),
                      Catch::Contains("CMAKE_CUDA_ARCHITECTURES"));
    CHECK_THROWS_WITH(cuda_call(cudaErrorInsufficientDriver, "looking for a GPU"),
                      Catch::Contains("update the driver"));
}
