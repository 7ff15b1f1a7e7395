// SPDX-License-Identifier: Apache-2.0
//
// What is trained on: [tokenizer], [task] and [curriculum].
#pragma once

#include "config_field.hpp"

#include <cstdint>
#include <string>

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
