// SPDX-License-Identifier: Apache-2.0
#include "any_objective.hpp"

namespace {

/// Everything but the policy at run time: policies are the only loops that multiply. Coefficients
/// are in the batch by now, so the aggregation here is only one that goes with every policy.
template <class C>
auto with_policy(const AnyObjective& any, const C& policy) {
    const gppo::KlTerm kl{any.kl, any.kl_coefficient};
    return gppo::Objective<gppo::GroupNorm, C, gppo::SequenceMeanTokenMean, AnyKl, AnyCorrection>{
        {}, policy, {}, kl, any.entropy, any.positives, any.correction};
}

}  // namespace

void AnyObjective::expects_legal() const {
    gppo::Combination combination;
    std::visit([&]<class C>(const C&) { combination.policy = gppo::traits_of<C>(); }, clip);
    combination.averages_sequences = std::holds_alternative<gppo::SequenceMeanTokenMean>(aggregate);
    combination.corrects = correction.needs_rollout();
    gppo::expects_legal(combination);
}

gppo::Loss AnyObjective::evaluate(const gppo::Cpu& cpu, const gppo::Batch<>& batch,
                                  gppo::View<float> dlogp, gppo::View<float> dentropy,
                                  gppo::Diagnostics& diagnostics) const {
    expects_legal();
    return std::visit(
        [&](const auto& policy) {
            return gppo::evaluate(cpu, with_policy(*this, policy), batch, dlogp, dentropy,
                                  diagnostics);
        },
        clip);
}
