// SPDX-License-Identifier: Apache-2.0
#include "run_plan.hpp"

#include "device_plan.hpp"
#include "memory_plan.hpp"
#include "stages.hpp"

#include <gppo/core/file.hpp>
#include <gppo/model/pretrained.hpp>
#include <gppo/model/qwen3_memory.hpp>
#include <gppo/model/qwen3_sizes.hpp>

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

Plan stage_plan(const RecipeStage& stage, const RankCount& ranks) {
    const Config& c = stage.config;
    const bool rl = stage.kind == "rl", reward = stage.kind == "reward";
    if (rl) check_rl(c);
    const gppo::Qwen3Config shape = planned_shape(c);
    gppo::check(shape);
    const Index longest = longest_sequence(c, stage.kind);
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
    const MemoryPlan memory = memory_plan(c, stage.kind, shape, ranks);
    plan["bytes"] = memory.to_json();
    Index at_once = memory.completions_at_once;
    if (on_device(c.run)) {
        const DevicePlan device = device_plan(c, stage.kind, shape, ranks);
        plan["device_bytes"] = device.to_json(),
        at_once = samples_on_device(c.run) ? device.completions_at_once : at_once;
    }
    plan["ranks"] = ranks.size;
    plan["machine_bytes"] = memory.total(ranks);
    plan["activation_bytes_per_token"] =
        gppo::qwen3_memory(shape, gppo::activations_from_name(c.model.activations)).activation;
    plan["key_value_bytes_per_token"] = gppo::qwen3_memory(shape).key_value;
    plan["microbatch_tokens"] = memory.microbatch_tokens;
    plan["completions_at_once"] = at_once;
    plan["files_not_there_yet"] = absent_files(stage);
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

nlohmann::ordered_json plan_of(const Recipe& recipe, const RankCount& ranks) {
    Plan stages = Plan::array();
    recipe.for_stages([&](const RecipeStage& stage) {
        expects_reward_model(recipe, stage);
        stages.push_back(stage_plan(stage, ranks));
    });
    return stages;
}
