// SPDX-License-Identifier: Apache-2.0
//
// For tests that need a GPU: without one they warn and end, and `test_cuda` as a whole says that it
// was skipped.
#pragma once

#include "catch.hpp"

#include <gppo/backend/cuda/cuda.hpp>

#include <memory>

/// Null, with a warning, where there is no GPU.
inline std::unique_ptr<gppo::Cuda> gpu(gppo::Precision precision = gppo::Precision::fp32) {
    try {
        return std::make_unique<gppo::Cuda>(precision);
    } catch (const gppo::Error& error) {
        WARN(error.what());
        return nullptr;
    }
}
