// SPDX-License-Identifier: Apache-2.0
//
// The advantage estimators by name.
#pragma once

#include "parameters.hpp"

#include <gppo/gppo.hpp>

#include <string>
#include <variant>
#include <vector>

using AnyEstimator = std::variant<gppo::GroupNorm, gppo::GroupMean, gppo::Rloo>;

inline const std::vector<Method<AnyEstimator>>& advantage_methods() {
    using namespace gppo;
    const auto rule = [](Parameters& p) {
        return p.choice("singleton", {"zero", "raw"}) == 0 ? Singleton::zero : Singleton::raw;
    };
    static const std::vector<Method<AnyEstimator>> methods = {
        {"grpo", "(r - mean) / (std + eps) in the group",
         [=](Parameters& p) {
             const double ddof = p.number("ddof", 1.0);
             gppo::expects(ddof == 0.0 || ddof == 1.0, "advantage grpo: ddof must be 0 or 1");
             GroupNorm estimate{.ddof = static_cast<int>(ddof), .eps = p.real("eps", 1e-6f)};
             estimate.singleton = rule(p);
             return estimate;
         }},
        {"dr_grpo", "r - mean", [=](Parameters& p) { return GroupMean{.singleton = rule(p)}; }},
        {"rloo", "r - mean of the others",
         [=](Parameters& p) { return Rloo{.singleton = rule(p)}; }},
    };
    return methods;
}

inline AnyEstimator make_estimator(const std::string& name, const FreeTable& parameters = {}) {
    return make_method("advantage", advantage_methods(), name, parameters);
}
