// SPDX-License-Identifier: Apache-2.0
//
// The aggregations and the KL estimators by name.
#pragma once

#include "parameters.hpp"

#include <gppo/gppo.hpp>

#include <string>
#include <variant>
#include <vector>

using AnyAggregation =
    std::variant<gppo::TokenMean, gppo::TokenSum, gppo::SequenceMeanTokenSum,
                 gppo::SequenceMeanTokenSumNorm, gppo::SequenceMeanTokenMean, gppo::PromptMean>;

/// A KL estimator chosen at run time. The switch does not depend on the token, so it leaves the
/// loop.
struct AnyKl {
    enum class Kind { none, k1, k2, k3 } kind = Kind::none;

    template <std::floating_point T>
    gppo::Term<T> operator()(T logp, T logp_ref) const noexcept {
        switch (kind) {
            case Kind::k1:
                return gppo::K1{}(logp, logp_ref);
            case Kind::k2:
                return gppo::K2{}(logp, logp_ref);
            case Kind::k3:
                return gppo::K3{}(logp, logp_ref);
            case Kind::none:
                break;
        }
        return {};
    }
};

inline const std::vector<Method<AnyAggregation>>& aggregation_methods() {
    using namespace gppo;
    static const std::vector<Method<AnyAggregation>> methods = {
        {"token_mean", "mean over all tokens of the optimizer step",
         [](Parameters&) { return TokenMean{}; }},
        {"token_sum", "sum over all tokens", [](Parameters&) { return TokenSum{}; }},
        {"seq_mean_token_sum", "mean over sequences of the sum over tokens",
         [](Parameters&) { return SequenceMeanTokenSum{}; }},
        {"seq_mean_token_sum_norm",
         "the same over a constant length (horizon 0: the longest sequence)",
         [](Parameters& p) {
             return SequenceMeanTokenSumNorm{p.number("horizon", 0.0), p.flag("batch_mean", true)};
         }},
        {"seq_mean_token_mean", "mean over sequences of the mean over tokens",
         [](Parameters&) { return SequenceMeanTokenMean{}; }},
        {"prompt_mean", "mean over prompts of the mean over their completions' tokens",
         [](Parameters&) { return PromptMean{}; }},
    };
    return methods;
}

inline const std::vector<Method<AnyKl>>& kl_methods() {
    static const std::vector<Method<AnyKl>> methods = {
        {"none", "no reference policy", [](Parameters&) { return AnyKl{AnyKl::Kind::none}; }},
        {"k1", "x = logp - logp_ref", [](Parameters&) { return AnyKl{AnyKl::Kind::k1}; }},
        {"k2", "x^2 / 2", [](Parameters&) { return AnyKl{AnyKl::Kind::k2}; }},
        {"k3", "e^-x + x - 1", [](Parameters&) { return AnyKl{AnyKl::Kind::k3}; }},
    };
    return methods;
}

inline AnyAggregation make_aggregation(const std::string& name, const FreeTable& parameters = {}) {
    return make_method("aggregation", aggregation_methods(), name, parameters);
}
inline AnyKl make_kl(const std::string& name) {
    return make_method("kl", kl_methods(), name, FreeTable::object());
}
