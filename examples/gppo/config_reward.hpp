// SPDX-License-Identifier: Apache-2.0
//
// What a completion is worth: [reward], [reward_model], [sandbox] and [tools].
#pragma once

#include "config_sft.hpp"

#include <cstdint>
#include <string>

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
    std::string moments = "fp32";
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
    describe_training(add, c);
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
