// SPDX-License-Identifier: Apache-2.0
//
// LibTorch on a GPU behind a library of its own, libgppo_torch_cuda_engine.so, which lies beside
// the binary where CMake found a LibTorch with CUDA and nvcc: what needs CUDA's libraries is loaded
// only by those who ask for it.
#pragma once

#include "any_model.hpp"

/// What the library exports: its models, on the first GPU, and ATen's threads for what stays here.
/// Throws gppo::Error where there is no GPU that works.
extern "C" MakeModel* gppo_torch_cuda_engine(int threads);

/// The same from the library, loaded by the first call. Throws Error saying what is missing.
MakeModel* load_torch_cuda_engine(int threads);
