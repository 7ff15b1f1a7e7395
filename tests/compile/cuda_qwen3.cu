// SPDX-License-Identifier: Apache-2.0
//
// The model and its optimizer on CUDA, compiled for every generation of GPUs that is supported,
// without running anything.
#include <gppo/backend/cuda/cuda.hpp>
#include <gppo/model/qwen3.hpp>
#include <gppo/rollout/generate.hpp>
#include <gppo/train/adamw.hpp>

template class gppo::Qwen3<gppo::Cuda>;
template class gppo::Qwen3Decoder<gppo::Cuda>;
template class gppo::Rollout<gppo::Cuda>;
template double gppo::squared_norm(const Cuda&, View<const float>);
template void gppo::adamw_step(const Cuda&, const std::vector<TensorInfo>&, View<float>,
                               View<const float>, View<float>, View<float>, const AdamWOptions&,
                               Index, float);
