// SPDX-License-Identifier: Apache-2.0
//
// The clip policies by name.
#pragma once

#include "parameters.hpp"

#include <gppo/gppo.hpp>

#include <string>
#include <variant>
#include <vector>

using AnyPolicy = std::variant<gppo::PpoClip, gppo::DualClip<gppo::PpoClip>, gppo::Cispo,
                               gppo::CispoCap, gppo::Gppo, gppo::DualClip<gppo::Gppo>,
                               gppo::GppoOnlyHigh, gppo::DualClip<gppo::GppoOnlyHigh>>;

inline const std::vector<Method<AnyPolicy>>& policy_methods() {
    using namespace gppo;
    const auto ppo = [](Parameters& p, float high) {
        return PpoClip{.low = p.real("low", 0.2f), .high = p.real("high", high)};
    };
    const auto gppo_of = [](Parameters& p, float beta_low) {
        Gppo policy{.low = p.real("low", 0.2f), .high = p.real("high", 0.28f)};
        policy.beta_low = p.real("beta_low", beta_low);
        policy.beta_high = p.real("beta_high", 1.0f);
        return policy;
    };
    const auto only_high = [](Parameters& p) {
        return GppoOnlyHigh{.low = p.real("low", 0.2f), .high = p.real("high", 0.28f)};
    };
    static const std::vector<Method<AnyPolicy>> methods = {
        {"ppo", "PPO's clipped surrogate, symmetric", [=](Parameters& p) { return ppo(p, 0.2f); }},
        {"clip_higher", "DAPO: PPO with a higher upper bound",
         [=](Parameters& p) { return ppo(p, 0.28f); }},
        {"dual_clip", "PPO with a dual clip, verl's vanilla loss",
         [=](Parameters& p) {
             return DualClip{ppo(p, 0.2f), p.real("cap", 3.0f, 1.0)};
         }},
        {"cispo", "CISPO with bounds around one: verl, slime, ROLL, SkyRL, NeMo-RL",
         [](Parameters& p) {
             return Cispo{p.real("low", 0.2f), p.real("high", 0.28f)};
         }},
        {"cispo_cap", "CISPO with one absolute cap: TRL, ms-swift",
         [](Parameters& p) { return CispoCap{p.real("cap", 5.0f)}; }},
        {"gppo", "gradient-preserving clip", [=](Parameters& p) { return gppo_of(p, 1.0f); }},
        {"gppo_released", "GPPO under a dual clip, as Klear-Reasoner's code runs it",
         [=](Parameters& p) {
             return DualClip{gppo_of(p, 1.0f), p.real("cap", 10.0f, 1.0)};
         }},
        {"gppo_only_high", "GPPO above, PPO below", [=](Parameters& p) { return only_high(p); }},
        {"gppo_only_high_released", "the same under a dual clip",
         [=](Parameters& p) {
             return DualClip{only_high(p), p.real("cap", 10.0f, 1.0)};
         }},
        {"ce_gppo", "CE-GPPO: GPPO with scaled boundary gradients, under a dual clip",
         [=](Parameters& p) {
             return DualClip{gppo_of(p, 0.5f), p.real("cap", 10.0f, 1.0)};
         }},
    };
    return methods;
}

inline AnyPolicy make_policy(const std::string& name, const FreeTable& parameters = {}) {
    return make_method("policy", policy_methods(), name, parameters);
}
