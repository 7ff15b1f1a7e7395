// SPDX-License-Identifier: Apache-2.0
//
// Stands in for libgppo_torch_cuda_engine.so where there is no GPU: LibTorch on a device, with the
// CPU's tensors as its memory (tests/cli/torch_backend.py).
#include "backend/torch/torch_far.hpp"
#include "far_model.hpp"
#include "torch_cuda_engine.hpp"

#include <ATen/Parallel.h>

namespace {

const TorchFar torch_far;

std::unique_ptr<AnyModel> make_far_torch_model(const gppo::Qwen3Config& shape,
                                               gppo::Activations kept, gppo::Precision weights) {
    return std::make_unique<FarModelOn<TorchFar>>(torch_far, shape, kept, weights);
}

}  // namespace

MakeModel* gppo_torch_cuda_engine(int threads) {
    at::set_num_threads(threads);
    return &make_far_torch_model;
}
