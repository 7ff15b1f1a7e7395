// SPDX-License-Identifier: Apache-2.0
//
// [rl]: the rollout, the objective and its optimizer.
#pragma once

#include "config_sft.hpp"

#include <cstdint>
#include <string>

struct RlConfig {
    std::int64_t steps = 60;
    std::int64_t prompts = 64;
    std::int64_t group = 8;
    std::int64_t max_new_tokens = 128;
    double temperature = 1.0;
    double temperature_end = 0.0;
    double top_p = 1.0;
    std::int64_t top_k = 0;
    double min_p = 0.0;
    std::int64_t resample_max = 0;
    bool pipeline = false;
    std::int64_t pipeline_threads = 0;
    std::int64_t minibatches = 1;
    std::int64_t microbatch_tokens = 8192;
    double lr = 1e-4;
    double lr_min = 0;
    std::int64_t warmup = 0;
    std::string schedule = "constant";
    double weight_decay = 0.0;
    double beta1 = 0.9;
    double beta2 = 0.95;
    double eps = 1e-8;
    std::string moments = "fp32";
    double clip_norm = 1.0;
    std::string preset;
    std::string policy = "gppo";
    FreeTable policy_params = FreeTable::object();
    std::string advantage = "grpo";
    FreeTable advantage_params = FreeTable::object();
    std::string aggregation = "token_mean";
    FreeTable aggregation_params = FreeTable::object();
    std::string correction = "none";
    FreeTable correction_params = FreeTable::object();
    std::string correction_mask = "none";
    FreeTable correction_mask_params = FreeTable::object();
    std::string kl = "none";
    double kl_coef = 0.0;
    std::string reward_kl = "none";
    double reward_kl_coef = 0.0;
    double reward_kl_target = 0.0;
    double reward_kl_horizon = 10000;
    double critic_lr = 3e-4;
    double critic_value_clip = 0.5;
    double entropy_coef = 0.0;
    double entropy_target = 0.0;
    double entropy_step = 1e-4;
    double entropy_max = 0.005;
    double positive_coef = 0.0;
    std::string positive_channel = "acc";
    double positive_from = 1.0;
    bool filter_zero_advantage = true;
    std::string filter_channel = "advantage";
    std::int64_t eval_every = 10;
};

inline void describe(FieldList& add, RlConfig& c) {
    add("steps", c.steps, "rollouts", at_least(0));
    add("prompts", c.prompts, "prompts per rollout", at_least(1));
    add("group", c.group, "completions per prompt", at_least(1));
    add("max_new_tokens", c.max_new_tokens, "longest completion, tokens", at_least(1));
    add("temperature", c.temperature, "sampling temperature, also of the trained log-probs",
        above(0));
    add("temperature_end", c.temperature_end,
        "temperature of the last step, reached in a straight line; 0 stays at the first",
        at_least(0));
    add("top_p", c.top_p, "sample from the smallest set with this probability", between(1e-6, 1));
    add("top_k", c.top_k, "sample from the k likeliest tokens; 0 from all", at_least(0));
    add("min_p", c.min_p, "leave out tokens below this share of the likeliest one's probability",
        between(0, 1));
    add("resample_max", c.resample_max,
        "rounds of other prompts at most, until as many groups as rl.prompts differ within",
        at_least(0));
    add("pipeline", c.pipeline,
        "sample step k + 1 while step k trains, with the weights from before step k");
    add("pipeline_threads", c.pipeline_threads,
        "threads of run.threads that sample meanwhile; 0 takes half", between(0, 4096));
    add("minibatches", c.minibatches, "optimizer steps per rollout", at_least(1));
    add("microbatch_tokens", c.microbatch_tokens, "tokens per forward and backward pass",
        at_least(1));
    add("lr", c.lr, "peak learning rate", at_least(0));
    add("lr_min", c.lr_min, "learning rate at the end", at_least(0));
    add("warmup", c.warmup, "optimizer steps of linear warm-up from 0", at_least(0));
    add("schedule", c.schedule, "from lr to lr_min", one_of({"constant", "linear", "cosine"}));
    describe_adamw(add, c);
    add("preset", c.preset,
        "objective of a system, e.g. verl_grpo or klear_math (gppo loss --list): fills the keys "
        "below, "
        "which may override it");
    add("policy", c.policy, "clip policy: ppo, clip_higher, dual_clip, cispo, gppo, ...");
    add("policy_params", c.policy_params,
        "parameters of the policy, e.g. { low = 0.2, high = 0.28 }");
    add("advantage", c.advantage,
        "advantage estimator: grpo, dr_grpo, rloo, leave_one_out, opo, gpg, maxrl, pass_at_k, "
        "pass_at_k_training, reinforce_plus_plus_baseline; gdpo from the parts of the reward; "
        "remax from one greedy completion a prompt; reinforce_plus_plus for each token, and gae "
        "with a critic: PPO");
    add("advantage_params", c.advantage_params, "parameters of the estimator");
    add("aggregation", c.aggregation,
        "how tokens are averaged: token_mean, seq_mean_token_mean, ...");
    add("aggregation_params", c.aggregation_params, "parameters of the aggregation");
    add("correction", c.correction,
        "weight for log-probs that the sampler and the trainer do not agree on: tis_token, icepop, "
        "decoupled, ... (gppo loss --list)");
    add("correction_params", c.correction_params, "parameters of the correction");
    add("correction_mask", c.correction_mask, "a second correction, multiplied with the first");
    add("correction_mask_params", c.correction_mask_params, "parameters of the second");
    add("kl", c.kl, "estimator of the KL to the starting model",
        one_of({"none", "k1", "k2", "k3", "abs", "k1+", "k3+", "k3_clamped", "k3_on_policy",
                "k3_unbiased"}));
    add("kl_coef", c.kl_coef, "weight of the KL term", at_least(0));
    add("reward_kl", c.reward_kl,
        "estimator of the KL that is taken off the reward of each token; summed over a sequence "
        "where the estimator takes one reward each",
        one_of({"none", "k1", "k2", "k3", "abs", "k3_clamped"}));
    add("reward_kl_coef", c.reward_kl_coef, "its weight", at_least(0));
    add("reward_kl_target", c.reward_kl_target,
        "nats per token that the weight is steered to; 0 leaves it", at_least(0));
    add("reward_kl_horizon", c.reward_kl_horizon, "sequences over which the weight can move",
        above(0));
    add("critic_lr", c.critic_lr, "with gae: learning rate of the critic, which is a model apart",
        at_least(0));
    add("critic_value_clip", c.critic_value_clip,
        "with gae: how far a value may move from the rollout's before its loss is clipped; 0 does "
        "not clip",
        at_least(0));
    add("entropy_coef", c.entropy_coef, "weight of the entropy bonus");
    add("entropy_target", c.entropy_target,
        "Skywork-OR1: nats per token below which the bonus applies, and grows; 0 leaves it",
        at_least(0));
    add("entropy_step", c.entropy_step, "by how much a step moves the bonus's weight", at_least(0));
    add("entropy_max", c.entropy_max, "largest weight it can reach", at_least(0));
    add("positive_coef", c.positive_coef, "weight of the SFT loss on right completions",
        at_least(0));
    add("positive_channel", c.positive_channel, "the channel that says which are right",
        one_of({"score", "acc", "passed", "format"}));
    add("positive_from", c.positive_from, "the least value of that channel that is right");
    add("filter_zero_advantage", c.filter_zero_advantage,
        "leave out groups whose completions are all alike in the channel below");
    add("filter_channel", c.filter_channel,
        "what must differ within a group: the advantage (one that is not 0), or a channel",
        one_of({"advantage", "score", "acc", "passed", "format"}));
    add("eval_every", c.eval_every, "steps between evaluations; 0 evaluates only at the end",
        at_least(0));
}
