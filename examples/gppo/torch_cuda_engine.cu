// SPDX-License-Identifier: Apache-2.0
//
// The models of `gppo --backend torch --device cuda`: memory, products and attention are ATen's on
// the GPU, rows are our kernels on ATen's stream.
#include "far_model.hpp"
#include "torch_cuda_engine.hpp"

#include <gppo/backend/cuda/cuda.hpp>
#include <gppo/backend/torch/torch_device.hpp>

#include <ATen/Parallel.h>
#include <c10/cuda/CUDAStream.h>
#ifdef GPPO_NCCL
#include "nccl_far_ranks.hpp"
#endif

/// Team functions as kernels, between ATen's.
struct CudaRows {
    static constexpr at::DeviceType device = at::kCUDA;

    template <class F>
    void for_rows(gppo::Index n, F f) const {
        gppo::start_rows(c10::cuda::getCurrentCUDAStream().stream(), n, f);
    }
};
using TorchGpu = gppo::TorchDevice<CudaRows>;
static_assert(gppo::Backend<TorchGpu>);

namespace {

const TorchGpu torch_gpu;

std::unique_ptr<AnyModel> make_torch_gpu_model(const gppo::Qwen3Config& shape,
                                               gppo::Activations kept, gppo::Precision weights) {
    return std::make_unique<FarModelOn<TorchGpu>>(torch_gpu, shape, kept, weights);
}

}  // namespace

MakeModel* gppo_torch_cuda_engine(int threads) {
    int count = 0;
    gppo::cuda_call(cudaGetDeviceCount(&count), "looking for a GPU");
    at::set_num_threads(threads);
    return &make_torch_gpu_model;
}

#ifdef GPPO_NCCL
/// Never given back.
FarRanks* gppo_far_ranks(const RankCalls& calls) {
    return new NcclFarRanks(calls, c10::cuda::getCurrentCUDAStream().stream(),
                            [] { c10::cuda::getCurrentCUDAStream().synchronize(); });
}
#endif
