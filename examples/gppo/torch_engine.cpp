// SPDX-License-Identifier: Apache-2.0
//
// The models of `gppo --backend torch`: memory, products and attention from ATen.
#include "torch_engine.hpp"

#include <gppo/backend/torch/torch.hpp>

namespace {

const gppo::Torch torch_backend;

std::unique_ptr<AnyModel> make_torch_model(const gppo::Qwen3Config& shape, gppo::Activations kept,
                                           gppo::Precision weights) {
    return std::make_unique<ModelOn<gppo::Torch>>(torch_backend, shape, kept, weights);
}

}  // namespace

MakeModel* gppo_torch_engine(int threads) {
    at::set_num_threads(threads);
    return &make_torch_model;
}
