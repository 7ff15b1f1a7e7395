// SPDX-License-Identifier: Apache-2.0
//
// gppo::policy_loss for tensors on a GPU. Built where LibTorch is one with CUDA. The pass runs on a
// stream of its own and is waited for, so the operator is in order with PyTorch's work, and blocks.
#include "policy_loss_op.hpp"
#include "policy_loss_parts.hpp"
#include "policy_pass_cuda.hpp"

#include <gppo/torch.hpp>

#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>
#include <torch/library.h>

namespace {

MaybeTensor on_host(const MaybeTensor& tensor) {
    return tensor ? MaybeTensor(tensor->cpu()) : std::nullopt;
}

/// What the batch needs of sequences, on the host; the GPU gets copies of it.
struct HostTensors {
    MaybeTensor offsets, coefficient, group, positive, mask;

    explicit HostTensors(const PolicyLossInputs& in)
        : offsets(on_host(in.offsets)),
          coefficient(on_host(in.coefficient)),
          group(on_host(in.group)),
          positive(on_host(in.positive)) {
        // Counts of tokens that train make the coefficients.
        if (!in.coefficient || in.positive) mask = on_host(in.mask);
    }
    PolicyLossInputs inputs(const PolicyLossInputs& in) const {
        return {in.logp,        in.logp_old, in.advantage,  mask,         offsets,
                coefficient,    group,       in.logp_ref,   in.entropy,   in.logp_rollout,
                in.entropy_old, positive,    in.off_policy, in.objective, in.diagnostics};
    }
};

/// The columns of tokens, which stay where they are.
void take_tokens(const PolicyLossInputs& in, gppo::Batch<>& batch) {
    const at::Device gpu = in.logp.device();
    const auto column = [&](const char* name, const MaybeTensor& tensor) {
        return tensor ? gppo::view_of<const float>(name, *tensor, gpu) : gppo::View<const float>{};
    };
    batch.logp = gppo::view_of<const float>("logp", in.logp, gpu);
    batch.logp_old = gppo::view_of<const float>("logp_old", in.logp_old, gpu);
    batch.logp_ref = column("logp_ref", in.logp_ref);
    batch.entropy = column("entropy", in.entropy);
    batch.logp_rollout = column("logp_rollout", in.logp_rollout);
    batch.entropy_old = column("entropy_old", in.entropy_old);
    batch.mask = {};
    if (in.mask) batch.mask = gppo::view_of<const std::uint8_t>("mask", *in.mask, gpu);
}

PolicyLossTensors policy_loss_cuda(const PolicyLossInputs& in) {
    const AnyObjective& objective = objective_of(in.objective);
    const at::Device gpu = in.logp.device();
    gppo::expects(!in.diagnostics,
                  "diagnostics have no kernel on the GPU yet: pass .cpu() tensors");
    gppo::expects(
        !objective.correction.needs_rollout(),
        "rollout corrections have no kernel on the GPU yet: pass the tensors with .cpu()");
    const c10::cuda::CUDAGuard guard(gpu);
    const HostTensors host(in);
    const PolicyLossInputs small = host.inputs(in);
    BatchLayout layout = layout_of(small);
    gppo::Batch<> batch = sequences_of(small, layout);
    fill_coefficients(small, objective, batch);
    take_tokens(in, batch);
    at::Tensor advantage = in.advantage;
    if (advantage.numel() == batch.sequences()) advantage = advantage.cpu();
    const auto credit = gppo::view_of<const float>("advantage", advantage, advantage.device());
    batch.advantage = {const_cast<float*>(credit.data), credit.size};  // read only
    gppo::validate(batch);

    PolicyLossTensors out;
    out.dlogp = at::empty_like(in.logp);
    out.dentropy = in.entropy ? at::empty_like(*in.entropy) : at::empty({0}, in.logp.options());
    c10::cuda::getCurrentCUDAStream(gpu.index()).synchronize();
    const gppo::Loss loss = policy_pass_cuda(gpu.index(),
                                             {objective.clip,
                                              {objective.kl, objective.kl_coefficient},
                                              objective.entropy,
                                              objective.positives},
                                             batch, gppo::view_of<float>("dlogp", out.dlogp, gpu),
                                             gppo::view_of<float>("dentropy", out.dentropy, gpu));
    out.loss = loss_tensor(loss).to(gpu);
    out.statistics = statistics_tensor(loss, nullptr).to(gpu);
    return out;
}

}  // namespace

TORCH_LIBRARY_IMPL(gppo, CUDA, library) {
    library.impl("policy_loss", &policy_loss_op<&policy_loss_cuda>);
}
