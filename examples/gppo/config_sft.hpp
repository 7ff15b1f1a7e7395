// SPDX-License-Identifier: Apache-2.0
//
// [sft], and the keys of an optimizer.
#pragma once

#include "config_field.hpp"

#include <cstdint>
#include <string>

/// The optimizer's keys, alike in every section that trains.
template <class Section>
void describe_adamw(FieldList& add, Section& c) {
    add("weight_decay", c.weight_decay, "AdamW, decoupled", at_least(0));
    add("beta1", c.beta1, "AdamW", between(0, 0.999999));
    add("beta2", c.beta2, "AdamW", between(0, 0.999999));
    add("eps", c.eps, "AdamW", above(0));
    add("moments", c.moments,
        "how AdamW's two moments are kept: 8, 4 or 2.03 bytes a weight; bf16 and int8 round "
        "stochastically",
        one_of({"fp32", "bf16", "int8"}));
    add("clip_norm", c.clip_norm, "largest norm of the gradient; 0 does not clip", at_least(0));
}

/// The learning rate, the optimizer and the passes of [sft] and [reward_model].
template <class Section>
void describe_training(FieldList& add, Section& c) {
    add("lr", c.lr, "peak learning rate", at_least(0));
    add("lr_min", c.lr_min, "learning rate at the end", at_least(0));
    add("schedule", c.schedule, "from lr to lr_min", one_of({"constant", "linear", "cosine"}));
    add("warmup", c.warmup, "steps of linear warm-up from 0", at_least(0));
    describe_adamw(add, c);
    add("microbatch_tokens", c.microbatch_tokens, "tokens per forward and backward pass",
        at_least(1));
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
    std::string moments = "fp32";
    double clip_norm = 1.0;
    std::int64_t microbatch_tokens = 8192;
    std::int64_t eval_every = 0;
};

inline void describe(FieldList& add, SftConfig& c) {
    add("steps", c.steps, "optimizer steps", at_least(0));
    add("batch", c.batch, "examples per step", at_least(1));
    describe_training(add, c);
    add("eval_every", c.eval_every, "steps between evaluations; 0 evaluates only at the end",
        at_least(0));
}
