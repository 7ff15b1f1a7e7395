// SPDX-License-Identifier: Apache-2.0
//
// The trainer's configuration: plain aggregates with defaults. To add a key, add a member and its
// line in describe(); TOML, --set, the dump and --help follow. The defaults are the demo.
#pragma once

#include "config_field.hpp"

#include <cstdint>
#include <string>

struct RunConfig {
    std::string dir = "runs/demo";
    std::int64_t seed = 1;
    std::int64_t threads = 0;
    std::string precision = "fp32";
    double memory = 0.0;
    std::string backend = "cpu";
    std::string device = "cpu";
    std::int64_t rank_timeout = 600;
    std::int64_t save_every = 20;
    std::int64_t keep = 2;
    bool report = true;
    bool tensorboard = true;
    std::int64_t samples = 8;
};

inline void describe(FieldList& add, RunConfig& c) {
    add("dir", c.dir, "directory for metrics, samples, report and checkpoints");
    add("seed", c.seed, "one seed for everything random", at_least(0));
    add("threads", c.threads, "CPU threads; 0 takes all cores", between(0, 4096));
    add("precision", c.precision,
        "of matrix products: bf16 rounds both factors and sums in fp32, faster where the processor "
        "has AVX512_BF16 or AMX; weights and moments stay fp32",
        one_of({"fp32", "bf16"}));
    add("memory", c.memory,
        "GiB that a run may take, or it does not begin; 0: what the machine has", at_least(0));
    add("backend", c.backend,
        "what computes the model in training: this project's own code, or LibTorch where it was "
        "built in; completions are sampled by the first",
        one_of({"cpu", "torch"}));
    add("device", c.device, "where that is; cuda is refused for now", one_of({"cpu", "cuda"}));
    add("rank_timeout", c.rank_timeout,
        "under torchrun or mpirun: seconds that ranks wait for each other", between(1, 86400));
    add("save_every", c.save_every, "steps between checkpoints; 0 saves only at the end",
        at_least(0));
    add("keep", c.keep, "checkpoints kept", at_least(1));
    add("report", c.report, "write report.html at the end");
    add("tensorboard", c.tensorboard, "write a TensorBoard event file");
    add("samples", c.samples, "completions logged per step to samples.jsonl", at_least(0));
}

struct ModelConfig {
    std::string path;
    std::int64_t hidden_size = 128;
    std::int64_t num_hidden_layers = 4;
    std::int64_t num_attention_heads = 4;
    std::int64_t num_key_value_heads = 2;
    std::int64_t head_dim = 32;
    std::int64_t intermediate_size = 384;
    std::int64_t max_position_embeddings = 512;
    bool tie_word_embeddings = true;
    bool recompute = false;
};

inline void describe(FieldList& add, ModelConfig& c) {
    add("path", c.path,
        "Hugging Face directory to start from; \"\" makes a new model of the size below");
    add("hidden_size", c.hidden_size, "width", at_least(1));
    add("num_hidden_layers", c.num_hidden_layers, "layers", at_least(1));
    add("num_attention_heads", c.num_attention_heads, "query heads", at_least(1));
    add("num_key_value_heads", c.num_key_value_heads, "key-value heads; divides the query heads",
        at_least(1));
    add("head_dim", c.head_dim, "width of one head; even", at_least(2));
    add("intermediate_size", c.intermediate_size, "width of the feed-forward layer", at_least(1));
    add("max_position_embeddings", c.max_position_embeddings,
        "longest prompt plus completion, tokens", at_least(1));
    add("tie_word_embeddings", c.tie_word_embeddings, "share the embedding with the output head");
    add("recompute", c.recompute,
        "recompute activations in the backward pass: less memory, more time");
}

struct TokenizerConfig {
    std::string kind = "characters";
    std::string path;
};

inline void describe(FieldList& add, TokenizerConfig& c) {
    add("kind", c.kind, "one token per character of the task, per byte, or a tokenizer.json",
        one_of({"characters", "bytes", "file"}));
    add("path", c.path, "tokenizer.json, for kind = \"file\"; \"\" takes the one in model.path");
}

struct TaskConfig {
    std::string kind = "arithmetic";
    Strings train;
    Strings eval;
    Strings operations = {"+", "-"};
    std::int64_t digits_min = 2;
    std::int64_t digits_max = 3;
    double held_out = 0.1;
    double worked = 1.0;
    double correct = 1.0;
    std::int64_t tests = 8;
    double tool_calls = 0.0;
    std::int64_t rows = 0;
    bool chat_template = false;
    bool wrap_responses = true;
    std::int64_t max_prompt_tokens = 64;
    std::int64_t max_response_tokens = 160;
    std::string overlong_prompts = "error";
};

inline void describe(FieldList& add, TaskConfig& c) {
    add("kind", c.kind,
        "generated sums, generated small programs, half of each, or records from files",
        one_of({"arithmetic", "programs", "mixed", "jsonl"}));
    add("train", c.train, "jsonl: training files (verl, GSM8K, messages or prompt/response rows)");
    add("eval", c.eval, "jsonl: held-out files");
    add("operations", c.operations, "arithmetic: operations", one_of({"+", "-", "*"}));
    add("digits_min", c.digits_min, "arithmetic: fewest digits of a number", between(1, 18));
    add("digits_max", c.digits_max, "arithmetic: most digits of a number", between(1, 18));
    add("held_out", c.held_out, "arithmetic, programs: share of all problems never trained on",
        between(0, 0.9));
    add("worked", c.worked,
        "arithmetic: share of examples that show their working; the others guess at once",
        between(0, 1));
    add("correct", c.correct,
        "programs: share of SFT examples that are right; the others hold a slip", between(0, 1));
    add("tests", c.tests, "programs: calls that a program is tried on", between(1, 64));
    add("tool_calls", c.tool_calls,
        "arithmetic: share of SFT examples that compute with the Python tool; needs tools.kind",
        between(0, 1));
    add("rows", c.rows,
        "arithmetic, programs: train on so many problems again and again; 0 never repeats one",
        at_least(0));
    add("chat_template", c.chat_template, "wrap prompts in Qwen's chat template");
    add("wrap_responses", c.wrap_responses,
        "SFT: a response without thinking tags becomes <think>response</think>\\boxed{gold}");
    add("max_prompt_tokens", c.max_prompt_tokens, "longest prompt, tokens", at_least(1));
    add("max_response_tokens", c.max_response_tokens, "longest SFT response, tokens", at_least(1));
    add("overlong_prompts", c.overlong_prompts,
        "prompts over the limit stop the run or are left out", one_of({"error", "drop"}));
}

struct AdapterConfig {
    std::int64_t rank = 0;
    double alpha = 16;
    Strings target_modules = {"q_proj",    "k_proj",  "v_proj",   "o_proj",
                              "gate_proj", "up_proj", "down_proj"};
    std::string path;
};

inline void describe(FieldList& add, AdapterConfig& c) {
    add("rank", c.rank, "width of low-rank adapters, which alone train; 0 trains every weight",
        at_least(0));
    add("alpha", c.alpha, "the adapters count alpha / rank times", above(0));
    add("target_modules", c.target_modules, "linear layers that get an adapter",
        one_of({"q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"}));
    add("path", c.path,
        "PEFT directory to start the adapters from; its rank, alpha and target modules replace "
        "those above");
}

struct SftConfig {
    std::int64_t steps = 220;
    std::int64_t batch = 64;
    double lr = 2e-3;
    double lr_min = 0;
    std::string schedule = "cosine";
    std::int64_t warmup = 10;
    double weight_decay = 0.0;
    double beta1 = 0.9;
    double beta2 = 0.95;
    double eps = 1e-8;
    double clip_norm = 1.0;
    std::int64_t microbatch_tokens = 8192;
    std::int64_t eval_every = 0;
};

inline void describe(FieldList& add, SftConfig& c) {
    add("steps", c.steps, "optimizer steps", at_least(0));
    add("batch", c.batch, "examples per step", at_least(1));
    add("lr", c.lr, "peak learning rate", at_least(0));
    add("lr_min", c.lr_min, "learning rate at the end", at_least(0));
    add("schedule", c.schedule, "from lr to lr_min", one_of({"constant", "linear", "cosine"}));
    add("warmup", c.warmup, "steps of linear warm-up from 0", at_least(0));
    add("weight_decay", c.weight_decay, "AdamW, decoupled", at_least(0));
    add("beta1", c.beta1, "AdamW", between(0, 0.999999));
    add("beta2", c.beta2, "AdamW", between(0, 0.999999));
    add("eps", c.eps, "AdamW", above(0));
    add("clip_norm", c.clip_norm, "largest norm of the gradient; 0 does not clip", at_least(0));
    add("microbatch_tokens", c.microbatch_tokens, "tokens per forward and backward pass",
        at_least(1));
    add("eval_every", c.eval_every, "steps between evaluations; 0 evaluates only at the end",
        at_least(0));
}

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
    add("weight_decay", c.weight_decay, "AdamW, decoupled", at_least(0));
    add("beta1", c.beta1, "AdamW", between(0, 0.999999));
    add("beta2", c.beta2, "AdamW", between(0, 0.999999));
    add("eps", c.eps, "AdamW", above(0));
    add("clip_norm", c.clip_norm, "largest norm of the gradient; 0 does not clip", at_least(0));
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

struct CurriculumConfig {
    std::string order = "shuffled";
    double top = 1.0;
    bool drop_solved = false;
    bool drop_unsolved = false;
    double low = 0.0;
    double high = 1.0;
    std::string refresh = "stage";
    bool carry = true;
    std::int64_t measure = 0;

    /// Something other than every row, shuffled.
    bool active() const {
        return order != "shuffled" || top < 1 || drop_solved || drop_unsolved || low > 0 ||
               high < 1 || measure > 0;
    }
};

inline void describe(FieldList& add, CurriculumConfig& c) {
    add("order", c.order, "of the rows within an epoch of rl, by their pass rates so far",
        one_of({"shuffled", "easy_first", "hard_first", "potential_first"}));
    add("top", c.top, "part of the rows to train on, by improvement potential", between(1e-6, 1));
    add("drop_solved", c.drop_solved, "leave out rows solved every time they were tried last");
    add("drop_unsolved", c.drop_unsolved, "leave out rows never solved when tried last");
    add("low", c.low, "leave out rows with a pass rate below this", between(0, 1));
    add("high", c.high, "leave out rows with a pass rate above this", between(0, 1));
    add("refresh", c.refresh, "when rows are chosen: once, or before each epoch",
        one_of({"stage", "epoch"}));
    add("carry", c.carry, "begin with the pass rates of earlier stages with the same rows");
    add("measure", c.measure,
        "completions of each row not yet tried, before the first step, to know its pass rate",
        at_least(0));
}

struct RewardConfig {
    Tables parts;
    double right = 1.0;
    double wrong = 0.0;
    double format_penalty = 0.0;
    std::string truncated = "keep";
    double truncated_reward = -1.0;
    std::int64_t overlong_buffer = 0;
    double overlong_factor = 1.0;
    bool needs_thinking = true;
};

inline void describe(FieldList& add, RewardConfig& c) {
    add("parts", c.parts,
        "the reward, part by part in order, e.g. [{ name = \"plus_minus_one\" }, { name = "
        "\"overlong\", buffer = 64 }]; docs/04_reward.md lists them");
    add("right", c.right, "without parts: reward of a right answer");
    add("wrong", c.wrong, "without parts: reward of any other answer");
    add("format_penalty", c.format_penalty,
        "without parts: added where the form is not the asked one (<= 0)");
    add("truncated", c.truncated,
        "completions cut off by the length limit: keep their reward, replace it, or leave them out "
        "of the loss",
        one_of({"keep", "penalise", "mask"}));
    add("truncated_reward", c.truncated_reward, "without parts: what replaces it");
    add("overlong_buffer", c.overlong_buffer,
        "without parts: DAPO's soft penalty over the last tokens before the limit; 0 is off",
        at_least(0));
    add("overlong_factor", c.overlong_factor, "without parts: size of that penalty at the limit",
        at_least(0));
    add("needs_thinking", c.needs_thinking,
        "an answer without <think>...</think> before it is not right");
}

struct RewardModelConfig {
    std::string path;
    Strings pairs;
    std::int64_t prompts = 128;
    std::int64_t samples = 8;
    double gap = 0.4;
    double chosen_from = 0.8;
    std::int64_t pairs_per_prompt = 4;
    double held_out = 0.15;
    double margin = 0.0;
    std::int64_t steps = 60;
    std::int64_t batch = 16;
    double lr = 3e-4;
    double lr_min = 0;
    std::string schedule = "cosine";
    std::int64_t warmup = 5;
    double weight_decay = 0.0;
    double beta1 = 0.9;
    double beta2 = 0.999;
    double eps = 1e-8;
    double clip_norm = 1.0;
    std::int64_t microbatch_tokens = 8192;
    std::int64_t eval_every = 0;
};

inline void describe(FieldList& add, RewardModelConfig& c) {
    add("path", c.path,
        "a reward model's directory, for reward.parts, eval and generate --best; \"\" takes the "
        "one "
        "that gppo reward left in run.dir");
    add("pairs", c.pairs,
        "JSONL rows {prompt, chosen, rejected}; none: completions of the policy whose pass rates "
        "are far apart");
    add("prompts", c.prompts, "prompts that are sampled for pairs", at_least(1));
    add("samples", c.samples, "completions of each, sampled as in [rl]", at_least(2));
    add("gap", c.gap, "least difference of the pass rates of a pair", above(0));
    add("chosen_from", c.chosen_from, "least pass rate of the chosen one", between(0, 1));
    add("pairs_per_prompt", c.pairs_per_prompt, "most pairs of one prompt; 0 takes all",
        at_least(0));
    add("held_out", c.held_out, "share of prompts whose pairs are only measured", between(0, 0.9));
    add("margin", c.margin, "by how much the chosen answer's score should lead", at_least(0));
    add("steps", c.steps, "optimizer steps", at_least(0));
    add("batch", c.batch, "pairs per step", at_least(1));
    add("lr", c.lr, "peak learning rate", at_least(0));
    add("lr_min", c.lr_min, "learning rate at the end", at_least(0));
    add("schedule", c.schedule, "from lr to lr_min", one_of({"constant", "linear", "cosine"}));
    add("warmup", c.warmup, "steps of linear warm-up from 0", at_least(0));
    add("weight_decay", c.weight_decay, "AdamW, decoupled", at_least(0));
    add("beta1", c.beta1, "AdamW", between(0, 0.999999));
    add("beta2", c.beta2, "AdamW", between(0, 0.999999));
    add("eps", c.eps, "AdamW", above(0));
    add("clip_norm", c.clip_norm, "largest norm of the gradient; 0 does not clip", at_least(0));
    add("microbatch_tokens", c.microbatch_tokens, "tokens per forward and backward pass",
        at_least(1));
    add("eval_every", c.eval_every, "steps between measuring held-out pairs; 0: only at the end",
        at_least(0));
}

struct SandboxConfig {
    std::string level = "bubblewrap";
    bool forced = false;
    std::int64_t threads = 0;
    std::int64_t tests = 16;
};

inline void describe(FieldList& add, SandboxConfig& c) {
    add("level", c.level, "programs are not run at a weaker isolation than this",
        one_of({"bubblewrap", "landlock", "rlimits"}));
    add("forced", c.forced, "run them all the same: the host is not safe from them");
    add("threads", c.threads, "programs judged at a time; 0 takes all cores", between(0, 4096));
    add("tests", c.tests, "tests of one program, chosen by row and step; 0 runs all", at_least(0));
}

struct ToolsConfig {
    std::string kind = "none";
    std::string form = "fence";
    std::int64_t max_calls = 8;
    double seconds = 60;
    std::int64_t max_output_tokens = 256;
    bool masked = true;
};

inline void describe(FieldList& add, ToolsConfig& c) {
    add("kind", c.kind, "what the model may call while it answers; python runs in the sandbox",
        one_of({"none", "python"}));
    add("form", c.form,
        "how a turn calls it: it ends with a block in backquotes, or with Qwen's <tool_call>",
        one_of({"fence", "tool_call"}));
    add("max_calls", c.max_calls, "calls of one completion; the turn after them is its last",
        at_least(0));
    add("seconds", c.seconds, "that one call may run", above(0));
    add("max_output_tokens", c.max_output_tokens, "of a call's output; the rest is left out",
        at_least(1));
    add("masked", c.masked,
        "what a tool wrote has no part in the loss of gppo rl; false is for an ablation");
}

struct EvalConfig {
    std::int64_t prompts = 256;
    std::int64_t samples = 1;
    double temperature = 1.0;
    double top_p = 1.0;
    std::int64_t top_k = 0;
    double min_p = 0.0;
    bool greedy = false;
    Strings stop;
    std::int64_t max_new_tokens = 128;
};

inline void describe(FieldList& add, EvalConfig& c) {
    add("prompts", c.prompts, "held-out prompts", at_least(1));
    add("samples", c.samples, "completions per prompt (k of pass@k and avg@k)", at_least(1));
    add("temperature", c.temperature, "sampling temperature", above(0));
    add("top_p", c.top_p, "sample from the smallest set with this probability", between(1e-6, 1));
    add("top_k", c.top_k, "sample from the k likeliest tokens; 0 from all", at_least(0));
    add("min_p", c.min_p, "leave out tokens below this share of the likeliest one's probability",
        between(0, 1));
    add("greedy", c.greedy, "always take the likeliest token");
    add("stop", c.stop, "strings that end a completion, wherever tokens cut them");
    add("max_new_tokens", c.max_new_tokens, "longest completion, tokens", at_least(1));
}

struct RolloutConfig {
    std::string backend = "local";
    std::string url = "http://127.0.0.1:30000";
    std::string model;
    bool load = false;
    std::int64_t connections = 32;
    double deadline = 600;
};

inline void describe(FieldList& add, RolloutConfig& c) {
    add("backend", c.backend, "who samples: this process, or a server that runs elsewhere",
        one_of({"local", "sglang", "vllm", "llama.cpp"}));
    add("url", c.url, "address of the server; its key, if it has one, is GPPO_ROLLOUT_KEY");
    add("model", c.model, "vllm: the model's name there; \"\" leaves it to the server");
    add("load", c.load,
        "generate, eval: have the server load the model directory first; sft and rl always have it "
        "load run.dir/served. It must see both under the same path");
    add("connections", c.connections, "completions asked for at the same time", between(1, 4096));
    add("deadline", c.deadline, "seconds until a call to the server has failed", above(0));
}

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
