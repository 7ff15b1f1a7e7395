// SPDX-License-Identifier: Apache-2.0
#include "policy_pass.hpp"

#include <gppo/backend/torch/aten_threads.hpp>

namespace {

/// Without a KL and a correction nothing of them is left in the loops.
template <class C>
auto without_terms(const AnyObjective& any, const C& policy) {
    return gppo::Objective{gppo::GroupNorm{},          policy,      gppo::SequenceMeanTokenMean{},
                           gppo::KlTerm<gppo::NoKl>{}, any.entropy, any.positives};
}

}  // namespace

gppo::Loss policy_pass(const AnyObjective& objective, const gppo::Batch<>& batch,
                       gppo::View<float> dlogp, gppo::View<float> dentropy) {
    objective.expects_legal();
    const bool plain =
        objective.kl.kind == AnyKl::Kind::none && !objective.correction.needs_rollout();
    return std::visit(
        [&](const auto& policy) {
            const auto pass = [&](const auto& composed) {
                return gppo::evaluate(gppo::aten_threads, composed, batch, dlogp, dentropy);
            };
            return plain ? pass(without_terms(objective, policy)) : pass(objective.with(policy));
        },
        objective.clip);
}
