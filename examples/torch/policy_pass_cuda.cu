// SPDX-License-Identifier: Apache-2.0
#include "policy_pass_cuda.hpp"

#include <gppo/cuda.hpp>

namespace {

/// One kernel a policy: without logp_ref the KL costs a comparison.
template <class C>
auto composed(const CudaTokens& any, const C& policy) {
    return gppo::Objective<gppo::GroupNorm, C, gppo::SequenceMeanTokenMean, AnyKl>{
        {}, policy, {}, any.kl, any.entropy, any.positives};
}

}  // namespace

gppo::Loss policy_pass_cuda(int device, const CudaTokens& any, const gppo::Batch<>& batch,
                            gppo::View<float> dlogp, gppo::View<float> dentropy) {
    gppo::cuda_call(cudaSetDevice(device), "choosing the tensors' GPU");
    const gppo::Cuda cuda;
    return std::visit(
        [&](const auto& policy) -> gppo::Loss {
            const auto objective = composed(any, policy);
            if constexpr (gppo::needs_binding<std::remove_cvref_t<decltype(objective)>, float>) {
                throw gppo::Error(
                    "this policy looks at its sequence or at the batch and has no kernel on the "
                    "GPU yet: pass the tensors with .cpu()");
            } else {
                const gppo::CudaBatch<float> there(cuda, batch, gppo::TokenMemory::device);
                return gppo::evaluate(cuda, objective, there, dlogp, dentropy);
            }
        },
        any.clip);
}
