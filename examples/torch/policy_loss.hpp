// SPDX-License-Identifier: Apache-2.0
//
// gppo::policy_loss: what `gppo loss` computes, on tensors.
#pragma once

#include <ATen/core/Tensor.h>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

using MaybeTensor = std::optional<at::Tensor>;

/// What the operator returns.
struct PolicyLossTensors {
    at::Tensor loss;        ///< () float32
    at::Tensor dlogp;       ///< d loss / d logp, in the shape of logp
    at::Tensor dentropy;    ///< the same of entropy; (0) without it
    at::Tensor statistics;  ///< float64, see statistics_names
};

/// The operator's inputs, in the order of its schema. Tensors are float32 unless said otherwise.
struct PolicyLossInputs {
    const at::Tensor& logp;          ///< (T), or (B, L) without offsets
    const at::Tensor& logp_old;      ///< as logp
    const at::Tensor& advantage;     ///< (B), (B, 1) or as logp
    const MaybeTensor& mask;         ///< as logp, bool or uint8
    const MaybeTensor& offsets;      ///< (B + 1) int64
    const MaybeTensor& coefficient;  ///< (B), in place of the aggregation
    const MaybeTensor& group;        ///< (B) int64
    const MaybeTensor& logp_ref;
    const MaybeTensor& entropy;
    const MaybeTensor& logp_rollout;
    const MaybeTensor& entropy_old;
    const MaybeTensor& positive;    ///< (B) bool or uint8
    const MaybeTensor& off_policy;  ///< (B) bool or uint8
    std::string_view objective;     ///< JSON: the keys of `gppo loss` that name methods
    bool diagnostics;               ///< slower; more statistics
};

/// What each element of the statistics is.
std::vector<std::string> statistics_names(bool diagnostics);

/// One pass on the CPU. Throws gppo::Error naming the tensor, or the key, that is wrong.
PolicyLossTensors policy_loss(const PolicyLossInputs& in);
