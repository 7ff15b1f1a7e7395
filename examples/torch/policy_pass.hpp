// SPDX-License-Identifier: Apache-2.0
//
// The pass over the tokens as the operator runs it: any policy by name, on ATen's threads, without
// diagnostics. A file of its own: it holds every policy's loops.
#pragma once

#include "any_objective.hpp"

/// As AnyObjective::evaluate. Any number of host threads may call it at once.
gppo::Loss policy_pass(const AnyObjective& objective, const gppo::Batch<>& batch,
                       gppo::View<float> dlogp /*(T)*/,
                       gppo::View<float> dentropy /*(T) or empty*/);
