// SPDX-License-Identifier: Apache-2.0
//
// gppo::Objective with its parts chosen at run time.
#pragma once

#include "aggregations.hpp"
#include "corrections.hpp"
#include "estimators.hpp"
#include "policies.hpp"

#include <gppo/backend/cpu/cpu.hpp>

/// Its functions mirror the library's.
struct AnyObjective {
    AnyEstimator estimate = gppo::GroupNorm{};
    AnyPolicy clip = gppo::Gppo{};
    AnyAggregation aggregate = gppo::TokenMean{};
    AnyKl kl{};
    float kl_coefficient = 0.0f;
    gppo::EntropyBonus entropy{};
    gppo::Positives positives{};
    AnyCorrection correction{};

    /// advantage (B), or (T) where per_token(estimate)
    void advantages(const gppo::Feedback<>& feedback, gppo::View<float> advantage) const {
        std::visit([&](const auto& e) { gppo::advantages(e, feedback, advantage); }, estimate);
    }
    /// Fills batch.coefficient (and positive_coefficient): `batch` is a whole optimizer step.
    void coefficients(const gppo::Batch<>& batch) const {
        std::visit([&](const auto& a) { gppo::coefficients(a, batch); }, aggregate);
    }
    /// Binds where the policy or the correction needs it. Compiled in any_objective.cpp only: it
    /// holds every policy's loops.
    gppo::Loss evaluate(const gppo::Cpu& cpu, const gppo::Batch<>& batch, gppo::View<float> dlogp,
                        gppo::View<float> dentropy, gppo::Diagnostics& diagnostics) const;
    /// Everything but the policy at run time: policies are the only loops that multiply.
    /// Coefficients are in the batch by then, so the aggregation here is only one that goes with
    /// every policy.
    template <class C>
    auto with(const C& policy) const {
        return gppo::Objective<gppo::GroupNorm, C, gppo::SequenceMeanTokenMean, AnyKl,
                               AnyCorrection>{{},      policy,    {},        {kl, kl_coefficient},
                                              entropy, positives, correction};
    }
    /// The policy chooses tokens among those of the whole optimizer step, so that all of it must be
    /// evaluated at once.
    bool looks_at_step() const {
        return std::holds_alternative<gppo::ClipCov>(clip) ||
               std::holds_alternative<gppo::KlCov>(clip) ||
               std::holds_alternative<gppo::M2po<gppo::PpoClip>>(clip);
    }
    /// A token's gradient follows from its own log-prob and entropy, whatever else is in the batch.
    bool looks_at_tokens() const {
        const bool policy =
            std::visit([]<class C>(const C&) { return !gppo::TwoPhasePolicy<C, float>; }, clip);
        return policy && correction.looks_at_tokens();
    }
    /// Throws if policy, aggregation and correction do not go together.
    void expects_legal() const;
};
