// SPDX-License-Identifier: Apache-2.0
#include "any_objective.hpp"

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
            return gppo::evaluate(cpu, with(policy), batch, dlogp, dentropy, diagnostics);
        },
        clip);
}
