// SPDX-License-Identifier: Apache-2.0
#include "policy_pass.hpp"

#include <gppo/backend/torch/aten_threads.hpp>

gppo::Loss policy_pass(const AnyObjective& objective, const gppo::Batch<>& batch,
                       gppo::View<float> dlogp, gppo::View<float> dentropy) {
    objective.expects_legal();
    return std::visit(
        [&](const auto& policy) {
            return gppo::evaluate(gppo::aten_threads, objective.with(policy), batch, dlogp,
                                  dentropy);
        },
        objective.clip);
}
