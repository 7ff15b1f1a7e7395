// SPDX-License-Identifier: Apache-2.0
//
// What gppo::policy_loss does on the host whatever device its tokens are on.
#pragma once

#include "any_objective.hpp"
#include "policy_loss.hpp"

/// What the batch needs and the caller may leave out.
struct BatchLayout {
    std::vector<gppo::Index> offsets, group;
    std::vector<float> coefficient, positive_coefficient;
};
BatchLayout layout_of(const PolicyLossInputs& in);

/// The parts that every device needs on the host: the objective, ...
const AnyObjective& objective_of(std::string_view text);
/// ... what belongs to sequences, and the mask, in a batch that points to `layout`, ...
gppo::Batch<> sequences_of(const PolicyLossInputs& in, BatchLayout& layout);
/// ... its coefficients, ...
void fill_coefficients(const PolicyLossInputs& in, const AnyObjective& objective,
                       gppo::Batch<>& batch);
/// ... and the results, as tensors of the CPU.
at::Tensor loss_tensor(const gppo::Loss& loss);
at::Tensor statistics_tensor(const gppo::Loss& loss, const gppo::Diagnostics* diagnostics);
