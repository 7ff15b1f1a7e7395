// SPDX-License-Identifier: Apache-2.0
//
// The models of `gppo --backend cuda`: weights, gradients, moments and products on a GPU.
#include "cuda_engine.hpp"
#include "far_model.hpp"

#include <gppo/backend/cuda/cuda.hpp>

namespace {

const gppo::Cuda* cuda = nullptr;  // never given back: at the end of a process CUDA goes first

std::unique_ptr<AnyModel> make_cuda_model(const gppo::Qwen3Config& shape, bool recompute) {
    return std::make_unique<FarModelOn<gppo::Cuda>>(*cuda, shape, recompute);
}

}  // namespace

gppo::Index gppo_cuda_memory() {
    std::size_t unused = 0, all = 0;
    gppo::cuda_call(cudaMemGetInfo(&unused, &all), "asking for the size of memory");
    return static_cast<gppo::Index>(all);
}

MakeModel* gppo_cuda_engine(gppo::Precision precision) {
    if (cuda == nullptr || cuda->precision() != precision) cuda = new gppo::Cuda(precision);
    return &make_cuda_model;
}
