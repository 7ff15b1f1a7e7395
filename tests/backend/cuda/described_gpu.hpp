// SPDX-License-Identifier: Apache-2.0
//
// GPUs that are not there: cuDNN takes a description of one, and chooses and compiles a kernel as
// it would beside it. What its front end asks of the CUDA runtime is answered in described_gpu.cpp;
// without a driver, what cuDNN asks of that in no_driver.cpp. Nothing runs.
#pragma once

#include <gppo/backend/cuda/cudnn_call.hpp>

/// sm 90: Hopper. `shared_memory` is what a block may have.
gppo::CudnnDevice described(int sm, int processors, int shared_memory);

inline gppo::CudnnDevice hopper() {
    return described(90, 132, 232448);
}
