// SPDX-License-Identifier: Apache-2.0
//
// The CUDA backend behind a library of its own, libgppo_cuda_engine.so, which lies beside the
// binary where CMake found nvcc and cuBLASLt: gppo itself is built, starts and runs without.
#pragma once

#include "any_model.hpp"

#include <gppo/core/bf16.hpp>

/// What the library exports: its models, on the current GPU. Throws gppo::Error where there is
/// none that works.
extern "C" MakeModel* gppo_cuda_engine(gppo::Precision precision);

/// What else it exports: bytes of the current GPU's memory, used or not; and how many of them may
/// be taken, 0 for all.
extern "C" gppo::Index gppo_cuda_memory();
extern "C" void gppo_cuda_limit(gppo::Index bytes);

/// The same from the library, loaded by the first call. Throws Error saying what is missing.
MakeModel* load_cuda_engine(gppo::Precision precision);
gppo::Index cuda_memory();
void limit_cuda_memory(gppo::Index bytes);
