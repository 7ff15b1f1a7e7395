// SPDX-License-Identifier: Apache-2.0
//
// Calls of cuBLASLt, with an Error that says what to do.
#pragma once

#include <gppo/core/error.hpp>

#include <cublasLt.h>
#include <string>

namespace gppo {

/// What a person can do about it; "" where that is not known.
inline const char* cublas_remedy(cublasStatus_t status) noexcept {
    switch (status) {
        case CUBLAS_STATUS_NOT_INITIALIZED:
            return ": the driver is older than this cuBLAS, or the GPU's memory is full";
        case CUBLAS_STATUS_ALLOC_FAILED:
            return ": make the batch or the model smaller, or free memory that another process "
                   "holds (nvidia-smi lists them)";
        case CUBLAS_STATUS_ARCH_MISMATCH:
            return ": this cuBLAS does not know this GPU; take another version";
        case CUBLAS_STATUS_NOT_SUPPORTED:
            return ": this cuBLAS has no such product for this GPU; take a newer one";
        default:
            return "";
    }
}

/// Throws Error unless `status` is success. `what` says what was being done.
inline void cublas_call(cublasStatus_t status, const char* what) {
    expects(status == CUBLAS_STATUS_SUCCESS, [&] {
        return "cuBLASLt: " + std::string(what) + ": status " +
               std::to_string(static_cast<int>(status)) + cublas_remedy(status);
    });
}

}  // namespace gppo
