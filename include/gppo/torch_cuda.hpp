// SPDX-License-Identifier: Apache-2.0
//
// The objectives of <gppo/gppo.hpp> on LibTorch's tensors of a GPU, in a file that nvcc compiles.
//
//   const gppo::Cuda cuda;                                              // keep it
//   gppo::prepare(cuda, objective, rewards, batch);                     // sequences: on the host
//   const gppo::Loss loss = gppo::backward(cuda, objective, logp, batch);
//
// In a TensorBatch what belongs to a token is on the GPU of logp, what belongs to a sequence
// (offsets, group, an advantage or a coefficient for each) on the CPU. The kernels run in the
// stream of `cuda`, after what PyTorch's current stream has been given so far; each call waits for
// its loss.
#pragma once

#if !__has_include(<c10/cuda/CUDAStream.h>)
#error \
    "gppo/torch_cuda.hpp needs a LibTorch with CUDA: pip install torch of PyPI, and link gppo::torch and gppo::cuda"
#endif

#include <gppo/backend/torch/tensor_batch.hpp>
#include <gppo/cuda.hpp>
#include <gppo/gppo.hpp>

#include <c10/cuda/CUDAStream.h>

namespace gppo {

/// As prepare() on the CPU; `rewards` are the host's. A mask is copied to the host for the counts.
template <class O>
void prepare(const Cuda&, const O& objective, const at::Tensor& rewards /*(B)*/,
             TensorBatch& batch) {
    TensorBatch host{.offsets = batch.offsets,
                     .group = batch.group,
                     .advantage = batch.advantage,
                     .coefficient = batch.coefficient,
                     .mask = batch.mask.defined() ? batch.mask.cpu() : at::Tensor(),
                     .positive = batch.positive,
                     .positive_coefficient = batch.positive_coefficient};
    prepare(objective, rewards, host);
    batch.advantage = host.advantage, batch.coefficient = host.coefficient;
    batch.positive_coefficient = host.positive_coefficient;
}

/// As evaluate() on the CPU, with the tokens, dlogp and dentropy on one GPU, that of `cuda`.
template <class O>
Loss evaluate(const Cuda& cuda, const O& objective, const at::Tensor& logp /*(T)*/,
              const TensorBatch& batch, const at::Tensor& dlogp /*(T)*/,
              const at::Tensor& dentropy /*(T) or undefined*/) {
    expects(logp.defined() && logp.is_cuda(),
            "logp is not on a GPU: without `cuda` the same is computed on the CPU");
    const at::Device gpu = logp.device();
    const Batch<> views = batch.view(logp, gpu);
    const View<float> to = view_of<float>("dlogp", dlogp, gpu);
    const View<float> to_entropy = view_of_optional<float>("dentropy", dentropy, gpu);
    c10::cuda::getCurrentCUDAStream(gpu.index()).synchronize();
    const CudaBatch<float> there(cuda, views, TokenMemory::device);
    return evaluate(cuda, objective, there, to, to_entropy);
}

/// The same into new tensors.
template <class O>
TensorLoss evaluate(const Cuda& cuda, const O& objective, const at::Tensor& logp /*(T)*/,
                    const TensorBatch& batch) {
    return in_new_tensors(logp, batch, [&](const at::Tensor& dlogp, const at::Tensor& dentropy) {
        return evaluate(cuda, objective, logp, batch, dlogp, dentropy);
    });
}

/// As backward() on the CPU.
template <class O>
Loss backward(const Cuda& cuda, const O& objective, const at::Tensor& logp /*(T)*/,
              const TensorBatch& batch) {
    expects_gradient(logp);
    const TensorLoss out = evaluate(cuda, objective, logp, batch);
    add_gradients(out, logp, batch.entropy);
    return out.loss;
}

}  // namespace gppo
