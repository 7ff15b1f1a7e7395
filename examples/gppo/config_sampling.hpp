// SPDX-License-Identifier: Apache-2.0
//
// How completions are sampled: [eval] and [rollout].
#pragma once

#include "config_field.hpp"

#include <cstdint>
#include <string>

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
