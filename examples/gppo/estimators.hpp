// SPDX-License-Identifier: Apache-2.0
//
// The advantage estimators by name.
#pragma once

#include "parameters.hpp"

#include <gppo/gppo.hpp>

#include <cmath>
#include <string>
#include <variant>
#include <vector>

using AnyEstimator =
    std::variant<gppo::GroupNorm, gppo::GroupMean, gppo::Rloo, gppo::LeaveOneOut, gppo::MaxRl,
                 gppo::Opo, gppo::ReMax, gppo::Gpg, gppo::PassAtK, gppo::PassAtKTraining,
                 gppo::Gdpo, gppo::ReinforcePlusPlusBaseline, gppo::ReinforcePlusPlus, gppo::Gae>;

inline gppo::Singleton singleton_rule(Parameters& p) {
    return p.choice("singleton", {"zero", "raw"}) == 0 ? gppo::Singleton::zero
                                                       : gppo::Singleton::raw;
}
inline int degrees(Parameters& p, const std::string& key) {
    const double ddof = p.number(key, 1.0);
    gppo::expects(ddof == 0.0 || ddof == 1.0,
                  [&] { return "advantage: " + key + " must be 0 or 1"; });
    return static_cast<int>(ddof);
}
inline gppo::GroupNorm group_norm(Parameters& p) {
    return {
        .ddof = degrees(p, "ddof"), .eps = p.real("eps", 1e-6f), .singleton = singleton_rule(p)};
}
inline gppo::Whiten whitening(Parameters& p) {
    using W = gppo::Whiten;
    return {.over = p.choice("whiten_over", {"tokens", "sequences"}) == 0 ? W::Over::tokens
                                                                          : W::Over::sequences,
            .ddof = degrees(p, "whiten_ddof"),
            .eps = p.real("whiten_eps", 1e-8f),
            .eps_at = p.choice("whiten_eps_at", {"in_root", "beside_root"}) == 0
                          ? W::Eps::in_root
                          : W::Eps::beside_root};
}

/// Those that see rewards of one group at a time.
inline std::vector<Method<AnyEstimator>> group_estimators() {
    using namespace gppo;
    return {
        {"grpo", "(r - mean) / (std + eps) in the group",
         [](Parameters& p) { return group_norm(p); }},
        {"dr_grpo", "r - mean", [](Parameters& p) { return GroupMean{singleton_rule(p)}; }},
        {"rloo", "r - mean of the others", [](Parameters& p) { return Rloo{singleton_rule(p)}; }},
        {"leave_one_out", "NeMo-RL: mean and std of the others",
         [](Parameters& p) {
             return LeaveOneOut{.scaled = p.flag("scaled", true),
                                .ddof = degrees(p, "ddof"),
                                .eps = p.real("eps", 1e-6f),
                                .singleton = singleton_rule(p)};
         }},
        {"maxrl", "(r - mean) / (mean + eps), no negative rewards",
         [](Parameters& p) {
             return MaxRl{p.real("eps", 1e-6f), singleton_rule(p)};
         }},
        {"pass_at_k", "the best gets its lead over the second, the others 0",
         [](Parameters& p) {
             return PassAtK{.scaled = p.flag("scaled", true),
                            .ddof = degrees(p, "ddof"),
                            .eps = p.real("eps", 1e-6f),
                            .singleton = singleton_rule(p)};
         }},
        {"pass_at_k_training", "every set of k rewarded together, averaged analytically",
         [](Parameters& p) {
             const double k = p.number("k", 4.0, 1.0);
             gppo::expects(k == std::floor(k), "advantage pass_at_k_training: k must be whole");
             return PassAtKTraining{static_cast<Index>(k), p.real("threshold", 0.0f, -1e30)};
         }},
    };
}

/// Those that need lengths, a baseline, channels, tokens, or the whole step.
inline std::vector<Method<AnyEstimator>> wider_estimators() {
    using namespace gppo;
    return {
        {"opo", "r - mean weighted by length",
         [](Parameters& p) { return Opo{singleton_rule(p)}; }},
        {"remax", "r - baseline, the reward of the prompt's greedy completion",
         [](Parameters&) { return ReMax{}; }},
        {"gpg", "alpha (r - mean) / f_norm, alpha = sequences / those that count",
         [](Parameters& p) {
             const bool verl = p.choice("count", {"nonzero_rewards", "varied_groups"}) == 0;
             return Gpg{verl ? Gpg::Count::nonzero_rewards : Gpg::Count::varied_groups,
                        p.real("f_norm", 1.0f, 1e-30), singleton_rule(p)};
         }},
        {"gdpo", "GRPO on each reward channel, weighted sum, whitened",
         [](Parameters& p) {
             return Gdpo{p.reals("weights"), group_norm(p), whitening(p)};
         }},
        {"reinforce_plus_plus_baseline", "r - mean in the group, whitened over the step",
         [](Parameters& p) {
             return ReinforcePlusPlusBaseline{singleton_rule(p), whitening(p)};
         }},
        {"reinforce_plus_plus", "discounted reward-to-go of each token, whitened",
         [](Parameters& p) {
             return ReinforcePlusPlus{p.real("gamma", 1.0f), whitening(p)};
         }},
        {"gae", "generalised advantage estimation from values, whitened",
         [](Parameters& p) {
             return Gae{.gamma = p.real("gamma", 1.0f),
                        .lambda = p.real("lambda", 1.0f),
                        .length_alpha = p.real("length_alpha", 0.0f),
                        .returns_lambda = p.real("returns_lambda", -1.0f, -1.0),
                        .whitened = p.flag("whitened", true),
                        .whiten = whitening(p)};
         }},
    };
}

inline const std::vector<Method<AnyEstimator>>& advantage_methods() {
    static const std::vector<Method<AnyEstimator>> methods = [] {
        auto all = group_estimators();
        for (auto& method : wider_estimators()) all.push_back(std::move(method));
        return all;
    }();
    return methods;
}

inline AnyEstimator make_estimator(const std::string& name, const FreeTable& parameters = {}) {
    return make_method("advantage", advantage_methods(), name, parameters);
}

/// It gives every token its own advantage.
inline bool per_token(const AnyEstimator& any) {
    return std::visit(
        [](const auto& e) {
            return gppo::MapsTrajectoryToAdvantages<std::decay_t<decltype(e)>, float>;
        },
        any);
}
