// SPDX-License-Identifier: Apache-2.0
//
// The models of `gppo --backend cuda`: weights, gradients, moments and products on a GPU.
#include "cuda_device.hpp"
#include "cuda_engine.hpp"
#include "far_decoder.hpp"
#include "far_model.hpp"

#ifdef GPPO_NCCL
#include "nccl_far_ranks.hpp"
#endif

namespace {

const CudaDevice* cuda = nullptr;  // never given back: at the end of a process CUDA goes first

std::unique_ptr<AnyModel> make_cuda_model(const gppo::Qwen3Config& shape, gppo::Activations kept,
                                          gppo::Precision weights) {
    return std::make_unique<FarModelOn<CudaDevice>>(*cuda, shape, kept, weights);
}

}  // namespace

gppo::Index gppo_cuda_memory() {
    std::size_t unused = 0, all = 0;
    gppo::cuda_call(cudaMemGetInfo(&unused, &all), "asking for the size of memory");
    return static_cast<gppo::Index>(all);
}

void gppo_cuda_limit(gppo::Index bytes) {
    device_memory_limit = bytes;
}

MakeModel* gppo_cuda_engine(gppo::Precision precision) {
    if (cuda == nullptr || cuda->precision() != precision) cuda = new CudaDevice(precision);
    return &make_cuda_model;
}

#ifdef GPPO_NCCL
/// Never given back, as the stream.
FarRanks* gppo_far_ranks(const RankCalls& calls) {
    return new NcclFarRanks(calls, cuda->stream(), [] { cuda->wait(); });
}
#endif
