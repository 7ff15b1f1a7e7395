// SPDX-License-Identifier: Apache-2.0
//
// The trainer's configuration: plain aggregates with defaults. To add a key, add a member and its
// line in describe(); TOML, --set, the dump and --help follow. The defaults are the demo.
#pragma once

#include "config_model.hpp"
#include "config_reward.hpp"
#include "config_rl.hpp"
#include "config_sampling.hpp"
#include "config_sft.hpp"
#include "config_task.hpp"

struct Config {
    RunConfig run;
    ModelConfig model;
    TokenizerConfig tokenizer;
    TaskConfig task;
    AdapterConfig lora;
    SftConfig sft;
    RlConfig rl;
    CurriculumConfig curriculum;
    RewardConfig reward;
    RewardModelConfig reward_model;
    SandboxConfig sandbox;
    ToolsConfig tools;
    EvalConfig eval;
    RolloutConfig rollout;
};

/// Every key of `config`. The list points into it.
inline FieldList config_fields(Config& config) {
    FieldList list;
    list.section("run", config.run);
    list.section("model", config.model);
    list.section("tokenizer", config.tokenizer);
    list.section("task", config.task);
    list.section("lora", config.lora);
    list.section("sft", config.sft);
    list.section("rl", config.rl);
    list.section("curriculum", config.curriculum);
    list.section("reward", config.reward);
    list.section("reward_model", config.reward_model);
    list.section("sandbox", config.sandbox);
    list.section("tools", config.tools);
    list.section("eval", config.eval);
    list.section("rollout", config.rollout);
    return list;
}
