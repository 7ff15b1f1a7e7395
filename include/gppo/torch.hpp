// SPDX-License-Identifier: Apache-2.0
//
// The objectives of <gppo/gppo.hpp> on the tensors of LibTorch: gppo::evaluate and gppo::backward;
// and LibTorch as a backend of models.
#pragma once

#if !__has_include(<ATen/core/Tensor.h>)
#error \
    "gppo/torch.hpp needs LibTorch: pip install torch, configure with -DCMAKE_PREFIX_PATH=$(python -c 'import torch; print(torch.utils.cmake_prefix_path)') and link gppo::torch"
#endif

#include <gppo/backend/torch/aten_threads.hpp>
#include <gppo/backend/torch/tensor_batch.hpp>
#include <gppo/backend/torch/tensor_view.hpp>
#include <gppo/backend/torch/torch.hpp>
#include <gppo/backend/torch/torch_device.hpp>
#include <gppo/gppo.hpp>
