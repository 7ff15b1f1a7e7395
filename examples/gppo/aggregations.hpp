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
    enum class Kind {
        none,
        k1,
        k2,
        k3,
        abs,
        k1_plus,
        k3_plus,
        k3_clamped,
        k3_on_policy,
        k3_unbiased
    };
    Kind kind = Kind::none;
    gppo::K3Clamped clamped{};

    template <std::floating_point T>
    GPPO_HD gppo::Term<T> operator()(T logp, T logp_ref, T ratio) const noexcept {
        switch (kind) {
            case Kind::k1:
                return gppo::K1{}(logp, logp_ref);
            case Kind::k2:
                return gppo::K2{}(logp, logp_ref);
            case Kind::k3:
                return gppo::K3{}(logp, logp_ref);
            case Kind::abs:
                return gppo::AbsKl{}(logp, logp_ref);
            case Kind::k1_plus:
                return gppo::StraightThrough{gppo::K1{}}(logp, logp_ref);
            case Kind::k3_plus:
                return gppo::StraightThrough{gppo::K3{}}(logp, logp_ref);
            case Kind::k3_clamped:
                return clamped(logp, logp_ref);
            case Kind::k3_on_policy:
                return gppo::UnbiasedOnPolicy{gppo::K3{}}(logp, logp_ref);
            case Kind::k3_unbiased:
                return gppo::Unbiased{gppo::K3{}}(logp, logp_ref, ratio);
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
    using Kind = AnyKl::Kind;
    const auto plain = [](Kind kind) { return [=](Parameters&) { return AnyKl{kind}; }; };
    static const std::vector<Method<AnyKl>> methods = {
        {"none", "no reference policy", plain(Kind::none)},
        {"k1", "x = logp - logp_ref", plain(Kind::k1)},
        {"k2", "x^2 / 2", plain(Kind::k2)},
        {"k3", "e^-x + x - 1", plain(Kind::k3)},
        {"abs", "|x|", plain(Kind::abs)},
        {"k1+", "value of k1, gradient of k2", plain(Kind::k1_plus)},
        {"k3+", "value of k3, gradient of k2", plain(Kind::k3_plus)},
        {"k3_clamped", "k3 with verl's clamps on x and on the value",
         [](Parameters& p) {
             return AnyKl{Kind::k3_clamped, {p.real("input", 20.0f), p.real("output", 10.0f)}};
         }},
        {"k3_on_policy", "NeMo-RL: k3 exp(logp - sg(logp)), gradient of k2",
         plain(Kind::k3_on_policy)},
        {"k3_unbiased", "DeepSeek-V3.2: r k3, gradient r x", plain(Kind::k3_unbiased)},
    };
    return methods;
}

inline AnyAggregation make_aggregation(const std::string& name, const FreeTable& parameters = {}) {
    return make_method("aggregation", aggregation_methods(), name, parameters);
}
inline AnyKl make_kl(const std::string& name, const FreeTable& parameters = {}) {
    return make_method("kl", kl_methods(), name, parameters);
}
