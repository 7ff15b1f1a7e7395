// SPDX-License-Identifier: Apache-2.0
//
// The models of `gppo --backend cuda`: weights, gradients, moments and products on a GPU.
#include "cuda_engine.hpp"
#include "far_decoder.hpp"
#include "far_model.hpp"

#include <gppo/backend/cuda/cuda.hpp>

namespace {

const gppo::Cuda* cuda = nullptr;  // never given back: at the end of a process CUDA goes first

std::unique_ptr<AnyModel> make_cuda_model(const gppo::Qwen3Config& shape, bool recompute) {
    return std::make_unique<FarModelOn<gppo::Cuda>>(*cuda, shape, recompute);
}

}  // namespace

MakeModel* gppo_cuda_engine(gppo::Precision precision) {
    if (cuda == nullptr || cuda->precision() != precision) cuda = new gppo::Cuda(precision);
    return &make_cuda_model;
}
