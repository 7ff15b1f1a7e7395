// SPDX-License-Identifier: Apache-2.0
#include "run_plan.hpp"

#include "memory_plan.hpp"
#include "stages.hpp"

#include <gppo/core/file.hpp>
#include <gppo/model/pretrained.hpp>
#include <gppo/model/qwen3_memory.hpp>
#include <gppo/model/qwen3_sizes.hpp>
#include <gppo/train/schedule.hpp>

#include <algorithm>
#include <filesystem>

namespace {

namespace fs = std::filesystem;
using Plan = nlohmann::ordered_json;

Plan shape_plan(const gppo::Qwen3Config& s) {
    return {{"vocab_size", s.vocab_size},
            {"hidden_size", s.hidden_size},
            {"intermediate_size", s.intermediate_size},
            {"num_hidden_layers", s.num_hidden_layers},
            {"num_attention_heads", s.num_attention_heads},
            {"num_key_value_heads", s.num_key_value_heads},
            {"head_dim", s.head_dim},
            {"max_position_embeddings", s.max_position_embeddings},
            {"tie_word_embeddings", s.tie_word_embeddings}};
}

Plan stage_plan(const RecipeStage& stage) {
    const Config& c = stage.config;
    const bool rl = stage.kind == "rl";
    if (rl) check_rl(c);
    const gppo::Qwen3Config shape = planned_shape(c);
    gppo::check(shape);
    const Index longest = longest_sequence(c, stage.kind);
    gppo::expects(longest <= shape.max_position_embeddings, [&] {
        return std::string("task.max_prompt_tokens + ") +
               (rl ? "rl.max_new_tokens" : "task.max_response_tokens") + " is " +
               std::to_string(longest) + ", the model's context is " +
               std::to_string(shape.max_position_embeddings);
    });
    Plan plan{{"stage", stage.name}, {"kind", stage.kind}};
    plan["steps"] = rl ? c.rl.steps : c.sft.steps;
    plan["optimizer_steps"] = rl ? c.rl.steps * c.rl.minibatches : c.sft.steps;
    plan["sequences_per_step"] = rl ? c.rl.prompts * c.rl.group : c.sft.batch;
    plan["longest_sequence"] = longest;
    plan["model"] = shape_plan(shape);
    plan["parameters"] = gppo::qwen3_layout(shape).count;
    const MemoryPlan memory = memory_plan(c, stage.kind, shape);
    plan["bytes"] = memory.to_json();
    plan["activation_bytes_per_token"] = gppo::qwen3_memory(shape, c.model.recompute).activation;
    plan["key_value_bytes_per_token"] = gppo::qwen3_memory(shape).key_value;
    plan["microbatch_tokens"] = memory.microbatch_tokens;
    plan["completions_at_once"] = memory.completions_at_once;
    Plan absent = Plan::array();
    for (const Strings* files : {&c.task.train, &c.task.eval})
        for (const std::string& file : *files)
            if (!fs::exists(file)) absent.push_back(file);
    plan["files_not_there_yet"] = absent;
    return plan;
}

}  // namespace

gppo::Qwen3Config planned_shape(const Config& c) {
    const std::string& path = c.model.path;
    if (path.empty()) return make_shape(c, make_tokenizer(c));
    if (fs::exists(fs::path(path) / "config.json")) return gppo::load_config(path);
    const auto published = gppo::published_qwen3(path);
    gppo::expects(published.has_value(), [&] {
        return "model.path: " + path + " is not there, and no published size is named like it";
    });
    return *published;
}

nlohmann::ordered_json plan_of(const Recipe& recipe) {
    Plan stages = Plan::array();
    for (const RecipeStage& stage : recipe.stages) {
        try {
            stages.push_back(stage_plan(stage));
        } catch (const gppo::Error& error) {
            throw gppo::Error("stage " + stage.name + ": " + error.what());
        }
    }
    return stages;
}
