// SPDX-License-Identifier: Apache-2.0
//
// gppo::linear_logprob: log-probs of chosen tokens and entropies from hidden states and the weight
// of the head, with memory for one tile of logits.
#pragma once

#include <ATen/core/Tensor.h>
#include <optional>
#include <tuple>

/// logp (...), entropy (...) or (0), state (N, 4). hidden (..., D), weight (V, D) float32; ids
/// (...) int64. Any number of host threads may call it at once.
std::tuple<at::Tensor, at::Tensor, at::Tensor> linear_logprob(const at::Tensor& hidden,
                                                              const at::Tensor& weight,
                                                              const at::Tensor& ids,
                                                              double temperature, bool entropy);

/// dhidden as hidden, dweight as weight or, unless `weight_gradient`, (0).
std::tuple<at::Tensor, at::Tensor> linear_logprob_backward(
    const std::optional<at::Tensor>& dlogp, const std::optional<at::Tensor>& dentropy,
    const at::Tensor& hidden, const at::Tensor& weight, const at::Tensor& ids,
    const at::Tensor& state, double temperature, bool weight_gradient);
