// SPDX-License-Identifier: Apache-2.0
//
// The presets by name: what a request to `gppo loss` or the [rl] section says to get the objective
// of gppo::preset. A test holds both to the same numbers.
#pragma once

#include "parameters.hpp"

#include <string>
#include <vector>

/// Keys as in a request to `gppo loss`; those it does not have are at their defaults.
struct Preset {
    std::string name;
    std::string help;
    FreeTable keys;
};

inline FreeTable parse_keys(const char* text) {
    return FreeTable::parse(text);
}

/// `rest` over GRPO's advantage with these parameters and the mean over tokens.
inline FreeTable over_grpo(const char* advantage_params, const char* rest) {
    FreeTable keys = parse_keys(R"({"advantage_estimator": "grpo", "aggregation": "token_mean"})");
    keys["advantage_params"] = parse_keys(advantage_params);
    keys.update(parse_keys(rest));
    return keys;
}

inline std::vector<Preset> verl_presets() {
    const auto with = [](const char* rest) {
        return over_grpo(R"({"ddof": 1, "eps": 1e-6, "singleton": "raw"})", rest);
    };
    return {
        {"verl_grpo", "verl's grpo_trainer example: guarded dual clip, clamped k3 in the loss",
         with(R"({"policy": "dual_clip_guarded", "kl": "k3_clamped", "kl_coef": 0.001,
             "policy_params": {"low": 0.2, "high": 0.2, "cap": 3, "limit": 20},
             "kl_params": {"input": 20, "output": 10}})")},
        {"verl_dapo", "verl's DAPO recipe: clip-higher, dual clip at 10, no KL",
         with(R"({"policy": "dual_clip_guarded",
             "policy_params": {"low": 0.2, "high": 0.28, "cap": 10, "limit": 20}})")},
        {"verl_dr_grpo", "r - mean, sums over a constant length (aggregation_params.horizon)",
         with(R"({"policy": "dual_clip_guarded", "advantage_estimator": "dr_grpo",
             "policy_params": {"low": 0.2, "high": 0.2, "cap": 3, "limit": 20},
             "advantage_params": {"singleton": "raw"}, "aggregation": "seq_mean_token_sum_norm",
             "aggregation_params": {"horizon": 0, "batch_mean": true}})")},
        {"verl_cispo", "verl's CISPO example: bounds around one, none below",
         with(R"({"policy": "cispo", "policy_params": {"low": 10, "high": 0.2},
             "kl": "k3_clamped", "kl_coef": 0.001, "kl_params": {"input": 20, "output": 10}})")},
        {"verl_sapo", "SAPO, mean of a sequence's mean",
         with(R"({"policy": "sapo", "policy_params": {"tau_positive": 1, "tau_negative": 1.05},
             "aggregation": "seq_mean_token_mean"})")},
        {"verl_gspo", "GSPO, mean of a sequence's mean",
         with(R"({"policy": "gspo", "policy_params": {"low": 3e-4, "high": 4e-4},
             "aggregation": "seq_mean_token_mean"})")},
        {"verl_gmpo", "GMPO with verl's bounds on the log-ratio",
         with(R"({"policy": "gmpo", "policy_params": {"low": 0.4, "high": 0.4},
             "aggregation": "seq_mean_token_mean"})")},
        {"verl_gpg", "GPG as verl counts it",
         with(R"({"policy": "reinforce", "advantage_estimator": "gpg",
             "advantage_params": {"count": "nonzero_rewards", "f_norm": 1,
                                  "singleton": "raw"}})")},
        {"verl_clip_cov", "PPO without a few tokens of high covariance",
         with(R"({"policy": "clip_cov", "policy_params": {"low": 0.2, "high": 0.2, "share": 2e-4,
             "lowest": 1, "highest": 5}})")},
        {"verl_kl_cov", "no clip; tokens of the highest covariance pay for moving",
         with(R"({"policy": "kl_cov", "policy_params": {"share": 2e-4, "coefficient": 0.1}})")},
    };
}

inline std::vector<Preset> trl_presets() {
    const auto with = [](const char* rest) {
        return over_grpo(R"({"ddof": 1, "eps": 1e-4, "singleton": "zero"})", rest);
    };
    return {
        {"trl_grpo", "TRL loss_type grpo: no guard, mean of a sequence's mean",
         with(R"({"policy": "ppo", "policy_params": {"low": 0.2, "high": 0.2},
             "aggregation": "seq_mean_token_mean"})")},
        {"trl_dapo", "TRL loss_type dapo with the paper's epsilon_high",
         with(R"({"policy": "clip_higher", "policy_params": {"low": 0.2, "high": 0.28}})")},
        {"trl_dr_grpo", "TRL loss_type dr_grpo, over max_completion_length",
         with(R"({"policy": "ppo", "policy_params": {"low": 0.2, "high": 0.2},
             "advantage_estimator": "dr_grpo", "advantage_params": {"singleton": "zero"},
             "aggregation": "seq_mean_token_sum_norm",
             "aggregation_params": {"horizon": 512, "batch_mean": true}})")},
        {"trl_cispo", "TRL loss_type cispo: one absolute cap",
         with(R"({"policy": "cispo_cap", "policy_params": {"cap": 5}})")},
        {"trl_sapo", "TRL loss_type sapo",
         with(R"({"policy": "sapo", "policy_params": {"tau_positive": 1, "tau_negative": 1.05},
             "aggregation": "seq_mean_token_mean"})")},
        {"trl_gspo", "TRL importance_sampling_level sequence, loss_type grpo",
         with(R"({"policy": "gspo", "policy_params": {"low": 3e-4, "high": 4e-4},
             "aggregation": "seq_mean_token_mean"})")},
        {"trl_vespo", "TRL loss_type vespo",
         with(R"({"policy": "vespo", "policy_params": {"k_positive": 2, "lambda_positive": 3,
             "k_negative": 3, "lambda_negative": 2}})")},
    };
}

/// Klear's and the forks of verl: the same advantage, token mean, no KL.
inline std::vector<Preset> recipe_presets() {
    const auto with = [](const char* rest) {
        return over_grpo(R"({"ddof": 1, "eps": 1e-6, "singleton": "raw"})", rest);
    };
    const FreeTable klear = with(R"({"policy": "gppo_released", "positive_coef": 0.1,
        "policy_params": {"low": 0.2, "high": 0.28, "beta_low": 1, "beta_high": 1, "cap": 10}})");
    return {
        {"klear_math", "Klear-Reasoner, mathematics: GPPO, dual clip at 10, SFT loss on positives",
         klear},
        {"klear_code", "Klear-Reasoner, code: the same objective", klear},
        {"ce_gppo_1_5b", "CE-GPPO 1.5B: beta 0.5 below",
         with(R"({"policy": "ce_gppo", "policy_params": {"low": 0.2, "high": 0.2, "beta_low": 0.5,
             "beta_high": 1, "cap": 10}})")},
        {"ce_gppo_7b", "CE-GPPO 7B: beta 0.75 below",
         with(R"({"policy": "ce_gppo", "policy_params": {"low": 0.2, "high": 0.2,
             "beta_low": 0.75, "beta_high": 1, "cap": 10}})")},
        {"klear_gppo_erc", "ERC over GPPO",
         with(R"({"policy": "gppo_erc", "positive_coef": 0.1, "policy_params": {"low": 0.2,
             "high": 0.2, "beta_low": 1, "beta_high": 1, "cap": 10, "entropy_low": 0.05,
             "entropy_high": 0.05}})")},
        {"klear_grpo_erc", "ERC over clip-higher",
         with(R"({"policy": "grpo_erc", "positive_coef": 0.1, "policy_params": {"low": 0.2,
             "high": 0.28, "cap": 10, "entropy_low": 0.05, "entropy_high": 0.05}})")},
        {"skywork_or1", "Skywork-OR1; its entropy coefficient is driven by a controller",
         with(R"({"policy": "ppo", "policy_params": {"low": 0.2, "high": 0.2}})")},
        {"acereason", "AceReason-Nemotron: on-policy GRPO, token mean",
         with(R"({"policy": "ppo", "policy_params": {"low": 0.2, "high": 0.2}})")},
        {"deepcoder", "DeepCoder: clip-higher",
         with(R"({"policy": "clip_higher", "policy_params": {"low": 0.2, "high": 0.28}})")},
        {"archer_aspo", "Archer2.0: ASPO with the bounds of its low-entropy tokens",
         with(R"({"policy": "aspo", "policy_params": {"low": 0.2, "high": 0.2, "cap": 3}})")},
    };
}

inline std::vector<Preset> system_presets() {
    const auto with = [](const char* rest) {
        return over_grpo(R"({"ddof": 1, "eps": 1e-6, "singleton": "zero"})", rest);
    };
    return {
        {"openrlhf_grpo", "OpenRLHF group_norm: eps 1e-9, guard, token mean",
         with(R"({"policy": "ppo_guarded", "policy_params": {"low": 0.2, "high": 0.2, "limit": 20},
             "advantage_params": {"ddof": 1, "eps": 1e-9, "singleton": "zero"}})")},
        {"openrlhf_dr_grpo", "OpenRLHF dr_grpo: r - mean",
         with(R"({"policy": "ppo_guarded", "policy_params": {"low": 0.2, "high": 0.2, "limit": 20},
             "advantage_estimator": "dr_grpo", "advantage_params": {"singleton": "zero"}})")},
        {"nemo_grpo", "NeMo-RL: leave-one-out mean and std, clamped k3 at 0.01",
         with(R"({"policy": "ppo", "policy_params": {"low": 0.2, "high": 0.2},
             "advantage_estimator": "leave_one_out",
             "advantage_params": {"scaled": true, "ddof": 1, "eps": 1e-6, "singleton": "zero"},
             "kl": "k3_clamped", "kl_coef": 0.01, "kl_params": {"input": 20, "output": 10}})")},
        {"slime_grpo", "slime: clip-higher, mean of a sequence's mean",
         with(R"({"policy": "clip_higher", "policy_params": {"low": 0.2, "high": 0.28},
             "aggregation": "seq_mean_token_mean"})")},
        {"skyrl_grpo", "SkyRL: guard, token mean", with(R"({"policy": "ppo_guarded",
             "policy_params": {"low": 0.2, "high": 0.2, "limit": 20}})")},
        {"skyrl_cispo", "SkyRL's CISPO: weights in [0, 5]",
         with(R"({"policy": "cispo", "policy_params": {"low": 1, "high": 4}})")},
        {"areal_grpo", "AReaL: decoupled PPO, tokens with a weight above 5 dropped",
         with(R"({"policy": "ppo", "policy_params": {"low": 0.2, "high": 0.2},
             "advantage_params": {"ddof": 1, "eps": 1e-5, "singleton": "zero"},
             "correction": "decoupled", "correction_params": {"cap": 5}})")},
        {"roll_cispo", "ROLL's CISPO: bounds of 0.1",
         with(R"({"policy": "cispo", "policy_params": {"low": 0.1, "high": 0.1},
             "aggregation": "seq_mean_token_mean"})")},
        {"roll_topr", "ROLL's TOPR", with(R"({"policy": "topr",
             "aggregation": "seq_mean_token_mean"})")},
        {"prime_rl", "prime-rl: r - mean, DPPO-TV with a pull; logp_old is the engine's",
         with(R"({"policy": "dppo_tv_prime",
             "policy_params": {"low": 0.2, "high": 0.2, "pull": 1e-3},
             "advantage_estimator": "dr_grpo", "advantage_params": {"singleton": "zero"}})")},
        {"rllm_grpo", "rLLM: population std, verl's vanilla loss",
         with(R"({"policy": "dual_clip_guarded",
             "policy_params": {"low": 0.2, "high": 0.2, "cap": 3, "limit": 20},
             "advantage_params": {"ddof": 0, "eps": 1e-6, "singleton": "raw"}})")},
    };
}

inline const std::vector<Preset>& presets() {
    static const std::vector<Preset> all = [] {
        std::vector<Preset> list = verl_presets();
        for (auto* more : {&trl_presets, &recipe_presets, &system_presets})
            for (Preset& preset : (*more)()) list.push_back(std::move(preset));
        return list;
    }();
    return all;
}

inline const Preset& preset_called(const std::string& name) {
    Strings names;
    for (const Preset& preset : presets()) {
        if (preset.name == name) return preset;
        names.push_back(preset.name);
    }
    throw gppo::Error("unknown preset '" + name + "'; did you mean '" + nearest(name, names) +
                      "'?");
}

/// The keys of a run's [rl] section that make the preset, all of them. The parameters of a KL are
/// its defaults in every preset, and have no key there.
inline FreeTable objective_keys(const std::string& preset) {
    const FreeTable& said = preset_called(preset).keys;
    FreeTable all = parse_keys(R"({"policy": "", "policy_params": {}, "advantage": "",
        "advantage_params": {}, "aggregation": "", "aggregation_params": {}, "correction": "none",
        "correction_params": {}, "correction_mask": "none", "correction_mask_params": {}, "kl": "none",
        "kl_coef": 0.0, "entropy_coef": 0.0, "positive_coef": 0.0})");
    for (const auto& item : said.items())
        if (item.key() != "kl_params")
            all[item.key() == "advantage_estimator" ? "advantage" : item.key()] = item.value();
    return all;
}

/// `given` over the preset it names under "preset". A method that `given` names itself comes with
/// its own default parameters; without a name, single parameters replace the preset's.
inline FreeTable with_preset(const FreeTable& given) {
    const auto entry = given.find("preset");
    if (entry == given.end()) return given;
    gppo::expects(entry->is_string(), "preset must be a string");
    FreeTable merged = preset_called(entry->get<std::string>()).keys;
    const std::vector<std::pair<const char*, const char*>> methods = {
        {"policy", "policy_params"},
        {"advantage_estimator", "advantage_params"},
        {"aggregation", "aggregation_params"},
        {"kl", "kl_params"},
        {"correction", "correction_params"}};
    for (const auto& [method, parameters] : methods) {
        const auto own = given.find(method);
        if (own != given.end() && (!merged.contains(method) || *own != merged[method]))
            merged.erase(parameters);
    }
    for (const auto& item : given.items()) {
        FreeTable& place = merged[item.key()];
        if (place.is_object() && item.value().is_object())
            place.update(item.value());
        else
            place = item.value();
    }
    merged.erase("preset");
    return merged;
}
