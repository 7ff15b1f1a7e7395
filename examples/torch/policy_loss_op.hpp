// SPDX-License-Identifier: Apache-2.0
//
// The fifteen arguments that the schema of gppo::policy_loss has, for a kernel of one device.
#pragma once

#include "policy_loss.hpp"

#include <tuple>

using PolicyLossOutputs = std::tuple<at::Tensor, at::Tensor, at::Tensor, at::Tensor>;

/// Calls `kernel` as PyTorch calls an operator.
template <PolicyLossTensors (*kernel)(const PolicyLossInputs&)>
PolicyLossOutputs policy_loss_op(const at::Tensor& logp, const at::Tensor& logp_old,
                                 const at::Tensor& advantage, const MaybeTensor& mask,
                                 const MaybeTensor& offsets, const MaybeTensor& coefficient,
                                 const MaybeTensor& group, const MaybeTensor& logp_ref,
                                 const MaybeTensor& entropy, const MaybeTensor& logp_rollout,
                                 const MaybeTensor& entropy_old, const MaybeTensor& positive,
                                 const MaybeTensor& off_policy, std::string_view objective,
                                 bool diagnostics) {
    const auto [loss, dlogp, dentropy, statistics] =
        kernel({logp, logp_old, advantage, mask, offsets, coefficient, group, logp_ref, entropy,
                logp_rollout, entropy_old, positive, off_policy, objective, diagnostics});
    return {loss, dlogp, dentropy, statistics};
}
