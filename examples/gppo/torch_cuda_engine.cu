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
#include <limits>
#ifdef GPPO_NCCL
#include "nccl_far_ranks.hpp"
#endif

/// Team functions as kernels, between ATen's.
struct CudaRows {
    static constexpr at::DeviceType device = at::kCUDA;

    template <class F>
    void for_rows(gppo::Index n, F f) const {
        if (n <= 0) return;
        gppo::expects(n <= std::numeric_limits<int>::max(),
                      "CUDA: more rows than a grid has blocks");
        gppo::row_kernel<<<static_cast<unsigned>(n), gppo::BlockTeam::width, 0,
                           c10::cuda::getCurrentCUDAStream().stream()>>>(f);
        gppo::cuda_call(cudaGetLastError(), "starting a kernel");
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
