// SPDX-License-Identifier: Apache-2.0
//
// gppo::Objective with its parts chosen at run time.
#pragma once

#include "aggregations.hpp"
#include "estimators.hpp"
#include "policies.hpp"

/// Its functions mirror the library's.
struct AnyObjective {
    AnyEstimator estimate = gppo::GroupNorm{};
    AnyPolicy clip = gppo::Gppo{};
    AnyAggregation aggregate = gppo::TokenMean{};
    AnyKl kl{};
    float kl_coefficient = 0.0f;
    gppo::EntropyBonus entropy{};
    gppo::Positives positives{};

    /// advantage (B), or (T) where per_token(estimate)
    void advantages(const gppo::Feedback<>& feedback, gppo::View<float> advantage) const {
        std::visit([&](const auto& e) { gppo::advantages(e, feedback, advantage); }, estimate);
    }
    /// Fills batch.coefficient (and positive_coefficient): `batch` is a whole optimizer step.
    void coefficients(const gppo::Batch<>& batch) const {
        std::visit([&](const auto& a) { gppo::coefficients(a, batch); }, aggregate);
    }
    template <gppo::Execution X>
    gppo::Loss evaluate(const X& execution, const gppo::Batch<>& batch, gppo::View<float> dlogp,
                        gppo::View<float> dentropy, gppo::Diagnostics& diagnostics) const {
        return std::visit(
            [&](const auto& policy) {
                const gppo::Objective objective{gppo::GroupNorm{}, policy,
                                                gppo::TokenMean{}, gppo::KlTerm{kl, kl_coefficient},
                                                entropy,           positives};
                return gppo::evaluate(execution, objective, batch, dlogp, dentropy, diagnostics);
            },
            clip);
    }
};
