// SPDX-License-Identifier: Apache-2.0
//
// policy_pass on a GPU: the kernel of <gppo/cuda.hpp> for every policy that looks at one token at a
// time.
#pragma once

#include "aggregations.hpp"
#include "policies.hpp"

/// What of an objective reaches the tokens there.
struct CudaTokens {
    const AnyPolicy& clip;
    gppo::KlTerm<AnyKl> kl;
    gppo::EntropyBonus entropy;
    gppo::Positives positives;
};

/// The columns of tokens, and both gradients, are on GPU `device`; what belongs to a sequence is
/// the host's. The columns must be there already; returns when the gradients are. Throws
/// gppo::Error for a policy that has no kernel there.
gppo::Loss policy_pass_cuda(int device, const CudaTokens& objective, const gppo::Batch<>& batch,
                            gppo::View<float> dlogp /*(T)*/,
                            gppo::View<float> dentropy /*(T) or empty*/);
