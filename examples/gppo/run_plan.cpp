// SPDX-License-Identifier: Apache-2.0
#include "run_plan.hpp"

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

/// Of the directory where there is one, of the published sizes by the path's name, else of [model].
gppo::Qwen3Config shape_of(const Config& c) {
    const std::string& path = c.model.path;
    if (path.empty()) return make_shape(c, make_tokenizer(c));
    if (fs::exists(fs::path(path) / "config.json")) return gppo::load_config(path);
    const auto published = gppo::published_qwen3(path);
    gppo::expects(published.has_value(), [&] {
        return "model.path: " + path + " is not there, and no published size is named like it";
    });
    return *published;
}

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

/// Whether a KL term compares with the model of the stage's beginning.
bool compares(const RlConfig& c) {
    return (c.kl != "none" && c.kl_coef != 0) || (c.reward_kl != "none" && c.reward_kl_coef != 0);
}

/// Bytes by what holds them. A micro-batch holds at least one sequence, whatever its budget.
Plan memory_plan(const RecipeStage& stage, const gppo::Qwen3Config& shape, Index longest) {
    const bool rl = stage.kind == "rl", local = !uses_server(stage.config.rollout);
    const RlConfig& c = stage.config.rl;
    const auto m = gppo::qwen3_memory(
        shape, stage.config.model.recompute,
        stage.config.run.precision == "bf16" ? gppo::Precision::bf16 : gppo::Precision::fp32);
    const Index batch =
        std::max(longest, rl ? c.microbatch_tokens : stage.config.sft.microbatch_tokens);
    const Index running = std::min<Index>(c.prompts * c.group, gppo::Generation{}.slots);
    Plan bytes{{"weights", m.weights}, {"gradients", m.gradients}, {"moments", m.moments}};
    bytes["activations"] = batch * m.activation;
    bytes["reference"] = rl && compares(c) ? m.weights : 0;
    bytes["sampler"] = rl && local ? m.sampler + (c.pipeline ? m.weights : 0) : 0;
    bytes["key_values"] = rl && local ? running * longest * m.key_value : 0;
    Index total = 0;
    for (const auto& [name, value] : bytes.items()) total += value.get<Index>();
    bytes["total"] = total;
    return {{"bytes", bytes},
            {"activation_bytes_per_token", m.activation},
            {"key_value_bytes_per_token", m.key_value},
            {"microbatch_tokens", batch},
            {"completions_at_once", rl ? running : 0}};
}

Plan stage_plan(const RecipeStage& stage) {
    const Config& c = stage.config;
    const bool rl = stage.kind == "rl";
    if (rl) check_rl(c);
    const gppo::Qwen3Config shape = shape_of(c);
    gppo::check(shape);
    const Index answer = rl ? c.rl.max_new_tokens : c.task.max_response_tokens;
    const Index longest = c.task.max_prompt_tokens + answer;
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
    plan.update(memory_plan(stage, shape, longest));
    Plan absent = Plan::array();
    for (const Strings* files : {&c.task.train, &c.task.eval})
        for (const std::string& file : *files)
            if (!fs::exists(file)) absent.push_back(file);
    plan["files_not_there_yet"] = absent;
    return plan;
}

}  // namespace

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
