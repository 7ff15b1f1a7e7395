// SPDX-License-Identifier: Apache-2.0
//
// Opt-in: the objectives on a GPU. Files that include it are compiled by nvcc, 13.0 or later, with
// the CUDA toolkit alone; see docs/17_cuda.md.
#pragma once

#ifndef __CUDACC__
#error "gppo/cuda.hpp has kernels: compile this file with nvcc (a .cu file, or LANGUAGE CUDA)"
#endif

#include <gppo/backend/cuda/cuda.hpp>
#include <gppo/backend/cuda/cuda_batch.hpp>
#include <gppo/backend/cuda/evaluate.hpp>
#include <gppo/backend/cuda/token_pass.hpp>
#include <gppo/gppo.hpp>
