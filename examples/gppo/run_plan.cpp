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

/// Tokens of the longest answer that a stage meets.
Index longest_answer(const RecipeStage& stage) {
    return stage.kind == "sft" ? stage.config.task.max_response_tokens
                               : stage.config.rl.max_new_tokens;
}

/// Tokens of a micro-batch: it holds at least one sequence, or one pair, whatever its budget.
Index batch_tokens(const RecipeStage& stage, Index longest) {
    const Config& c = stage.config;
    if (stage.kind == "reward") return std::max(2 * longest, c.reward_model.microbatch_tokens);
    return std::max(longest, stage.kind == "rl" ? c.rl.microbatch_tokens : c.sft.microbatch_tokens);
}

/// Completions that a stage samples at a time.
Index completions_at_once(const RecipeStage& stage) {
    const Config& c = stage.config;
    const Index most = gppo::Generation{}.slots;
    if (stage.kind == "rl") return std::min<Index>(c.rl.prompts * c.rl.group, most);
    const bool pairs = stage.kind == "reward" && c.reward_model.pairs.empty();
    return pairs ? std::min<Index>(c.reward_model.prompts * c.reward_model.samples, most) : 0;
}

/// Bytes by what holds them. A reward model is held beside the policy, as one that could train.
Plan memory_plan(const RecipeStage& stage, const gppo::Qwen3Config& shape, Index longest) {
    const bool rl = stage.kind == "rl";
    const RlConfig& c = stage.config.rl;
    const auto m = gppo::qwen3_memory(
        shape, stage.config.model.recompute,
        stage.config.run.precision == "bf16" ? gppo::Precision::bf16 : gppo::Precision::fp32);
    const Index models = stage.kind == "reward" ? 2 : 1, batch = batch_tokens(stage, longest);
    const Index running = completions_at_once(stage);
    const bool samples = running > 0 && !uses_server(stage.config.rollout);
    Plan bytes{{"weights", models * m.weights},
               {"gradients", models * m.gradients},
               {"moments", models * m.moments}};
    bytes["activations"] = batch * m.activation;
    bytes["reference"] = rl && compares(c) ? m.weights : 0;
    bytes["sampler"] = samples ? m.sampler + (rl && c.pipeline ? m.weights : 0) : 0;
    bytes["key_values"] = samples ? running * longest * m.key_value : 0;
    Index total = 0;
    for (const auto& [name, value] : bytes.items()) total += value.get<Index>();
    bytes["total"] = total;
    return {{"bytes", bytes},
            {"activation_bytes_per_token", m.activation},
            {"key_value_bytes_per_token", m.key_value},
            {"microbatch_tokens", batch},
            {"completions_at_once", running}};
}

Plan absent_files(const RecipeStage& stage) {
    const Config& c = stage.config;
    std::vector<const Strings*> lists{&c.task.train, &c.task.eval};
    if (stage.kind == "reward") lists.push_back(&c.reward_model.pairs);
    Plan absent = Plan::array();
    for (const Strings* files : lists)
        for (const std::string& file : *files)
            if (!fs::exists(file)) absent.push_back(file);
    return absent;
}

Plan stage_plan(const RecipeStage& stage) {
    const Config& c = stage.config;
    const bool rl = stage.kind == "rl", reward = stage.kind == "reward";
    if (rl) check_rl(c);
    const gppo::Qwen3Config shape = shape_of(c);
    gppo::check(shape);
    const Index longest = c.task.max_prompt_tokens + longest_answer(stage);
    gppo::expects(longest <= shape.max_position_embeddings, [&] {
        return std::string("task.max_prompt_tokens + ") +
               (stage.kind == "sft" ? "task.max_response_tokens" : "rl.max_new_tokens") + " is " +
               std::to_string(longest) + ", the model's context is " +
               std::to_string(shape.max_position_embeddings);
    });
    Plan plan{{"stage", stage.name}, {"kind", stage.kind}};
    plan["steps"] = stage.steps();
    plan["optimizer_steps"] = stage.steps() * (rl ? c.rl.minibatches : 1);
    plan["sequences_per_step"] = rl       ? c.rl.prompts * c.rl.group
                                 : reward ? 2 * c.reward_model.batch
                                          : c.sft.batch;
    plan["longest_sequence"] = longest;
    plan["model"] = shape_plan(shape);
    plan["parameters"] = gppo::qwen3_layout(shape).count;
    plan.update(memory_plan(stage, shape, longest));
    plan["files_not_there_yet"] = absent_files(stage);
    return plan;
}

}  // namespace

void expects_reward_model(const Recipe& recipe, const RecipeStage& stage) {
    if (stage.kind == "sft" || !Grader(stage.config.reward, stage.config.sandbox).needs_model())
        return;
    gppo::expects(stage.kind == "rl",
                  "the part model in reward.parts is what this stage trains: name it in "
                  "[stage.reward] of the rl stage alone");
    bool trained = !reward_model_directory(stage.config).empty();
    for (const RecipeStage& other : recipe.stages) {
        if (&other == &stage) break;
        trained = trained || other.kind == "reward";
    }
    gppo::expects(trained,
                  "reward part model: no stage of kind reward comes before it, and "
                  "reward_model.path is not set");
}

nlohmann::ordered_json plan_of(const Recipe& recipe) {
    Plan stages = Plan::array();
    for (const RecipeStage& stage : recipe.stages) {
        try {
            expects_reward_model(recipe, stage);
            stages.push_back(stage_plan(stage));
        } catch (const gppo::Error& error) {
            throw gppo::Error("stage " + stage.name + ": " + error.what());
        }
    }
    return stages;
}
