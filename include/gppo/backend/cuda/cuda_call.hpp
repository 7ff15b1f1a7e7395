// SPDX-License-Identifier: Apache-2.0
//
// Calls of the CUDA runtime, with an Error that says what to do.
#pragma once

#include <gppo/core/error.hpp>

#include <cuda_runtime_api.h>
#include <string>

namespace gppo {

/// What a person can do about it; "" where that is not known.
inline const char* cuda_remedy(cudaError_t status) noexcept {
    switch (status) {
        case cudaErrorNoDevice:
            return ": this machine has no GPU, fewer than ranks, or CUDA_VISIBLE_DEVICES hides it";
        case cudaErrorInsufficientDriver:
            return ": there is no driver for a GPU, or it is older than the CUDA that this was "
                   "built with; update the driver, or build with an older CUDA";
        case cudaErrorNoKernelImageForDevice:
            return ": this was not built for this GPU; add its architecture to "
                   "CMAKE_CUDA_ARCHITECTURES and build again";
        case cudaErrorMemoryAllocation:
            return ": make the batch or the model smaller, or free memory that another process "
                   "holds (nvidia-smi lists them)";
        case cudaErrorIllegalAddress:
            return ": a buffer was not on the device, or was freed before the work was done";
        default:
            return "";
    }
}

/// Throws Error unless `status` is success. `what` says what was being done.
inline void cuda_call(cudaError_t status, const char* what) {
    expects(status == cudaSuccess, [&] {
        return std::string("CUDA: ") + what + ": " + cudaGetErrorString(status) +
               cuda_remedy(status);
    });
}

}  // namespace gppo
