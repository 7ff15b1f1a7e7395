// SPDX-License-Identifier: Apache-2.0
//
// The CUDA backend as it was built: with cuDNN's attention where its headers are.
#pragma once

#if __has_include(<cudnn_frontend.h>)
#include <gppo/backend/cuda/cudnn_cuda.hpp>
using CudaDevice = gppo::CudnnCuda;
#else
#include <gppo/backend/cuda/cuda.hpp>
using CudaDevice = gppo::Cuda;
#endif
