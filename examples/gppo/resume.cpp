// SPDX-License-Identifier: Apache-2.0
#include "resume.hpp"

#include "config_write.hpp"

#include <gppo/model/config_json.hpp>

#include <algorithm>
#include <array>
#include <string_view>

namespace {

using Json = nlohmann::ordered_json;

[[noreturn]] void refuse(const std::string& key, const std::string& now, const std::string& then,
                         const std::string& checkpoint) {
    throw gppo::Error(key + " is " + now + ", but " + then + " in " + checkpoint +
                      ": set it back, choose another run.dir, or pass --overwrite to start over");
}

/// Changes which examples follow, so the position in them means something else. task.train and what
/// is left out of it are compared by content: files may move.
bool fixes_examples(std::string_view key) {
    constexpr std::array<std::string_view, 4> by_content{
        "task.train", "task.eval", "task.max_prompt_tokens", "task.overlong_prompts"};
    if (key.starts_with("task."))
        return std::find(by_content.begin(), by_content.end(), key) == by_content.end();
    return key == "run.seed" || key == "training_rows";
}

/// Section by section, key by key: what `root` holds as "section.key".
template <class F>
void for_each_key(const Json& root, F f) {
    for (const auto& [section, keys] : root.items()) {
        if (!keys.is_object())
            f(section, keys);
        else
            for (const auto& [key, value] : keys.items()) f(section + "." + key, value);
    }
}

Json value_at(const Json& root, const std::string& name) {
    const auto dot = name.find('.');
    if (dot == std::string::npos) return root.value(name, Json());
    return root.value(name.substr(0, dot), Json::object()).value(name.substr(dot + 1), Json());
}

/// Whether training compares with the model that the stage began with, which is kept only then.
bool needs_reference(const Json& identity) {
    for (const std::string key : {"rl.kl", "rl.reward_kl"}) {
        const Json method = value_at(identity, key),
                   coefficient = value_at(identity, key + "_coef");
        if (method.is_string() && method != "none" && coefficient.is_number() && coefficient != 0.0)
            return true;
    }
    return false;
}

}  // namespace

nlohmann::ordered_json identity(const Config& config, const Task& task, int threads,
                                gppo::Index ranks) {
    Config copy = config;
    Json json = config_to_json(config_fields(copy));
    const bool of_torch_gpu = config.run.backend == "torch" && config.run.device == "cuda";
    json["run"] = {{"seed", config.run.seed},
                   {"threads", threads},
                   {"precision", config.run.precision},
                   {"backend", of_torch_gpu ? "torch on cuda" : config.run.backend},
                   {"ranks", ranks}};
    json["training_rows"] = task.fingerprint();
    return json;
}

std::vector<std::string> compare_identity(const Json& then, const Json& now, bool new_stage,
                                          const std::string& checkpoint) {
    gppo::expects(new_stage || needs_reference(then) || !needs_reference(now), [&] {
        return "rl.kl, rl.reward_kl and their coefficients: the model this stage began with was "
               "not kept, see " +
               checkpoint + ": they must be set from the first step on";
    });
    std::vector<std::string> changes;
    const Json kind = value_at(now, "task.kind");
    const bool generated = kind != "jsonl" && value_at(then, "task.kind") == kind;
    for_each_key(now, [&](const std::string& key, const Json& value) {
        const Json before = value_at(then, key);
        if (value == before) return;
        if (key == "model.weights" && before.is_null() && value == "fp32") return;  // as ever
        const bool rounds = key == "model.weights" && !new_stage;
        const bool leaks = generated && key == "task.held_out";
        if (key == "training_rows") {
            if (!new_stage && value_at(now, "task.kind") == value_at(then, "task.kind"))
                throw gppo::Error("task.train: the training rows are not those of " + checkpoint +
                                  ": bring the files back, choose another run.dir, or pass "
                                  "--overwrite to start over");
            return;
        }
        if (rounds || leaks || (!new_stage && fixes_examples(key)))
            refuse(key, value.dump(), before.dump(), checkpoint);
        if (key == "run.threads" || key == "run.ranks")
            changes.push_back(
                key + " was " + before.dump() + " and is now " + value.dump() +
                ": what follows may differ in the last digits from a run that never stopped");
        else
            changes.push_back(key + " was " + before.dump() + " and is now " + value.dump());
    });
    return changes;
}

void check_shape(const gppo::Checkpoint& checkpoint, const gppo::Qwen3Config& shape) {
    const Json then = Json::parse(checkpoint.read("config.json"));
    const Json now = Json::parse(gppo::qwen3_config_to_json(shape));
    for (const char* key :
         {"hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads",
          "num_key_value_heads", "head_dim", "max_position_embeddings", "tie_word_embeddings",
          "vocab_size", "rms_norm_eps", "rope_theta", "rope_parameters"}) {
        const Json before = then.value(key, Json()), value = now.value(key, Json());
        if (before != value)
            refuse(std::string("model.") + key, value.dump(), before.dump(),
                   checkpoint.path.string());
    }
}

void check_tokenizer(const gppo::Checkpoint& checkpoint, const gppo::Tokenizer& tokenizer) {
    if (checkpoint.read("tokenizer.json") == tokenizer.to_json()) return;
    throw gppo::Error("tokenizer.kind: the tokenizer is not that of " + checkpoint.path.string() +
                      " (a characters tokenizer also depends on task.*): set it back, choose "
                      "another run.dir, or pass "
                      "--overwrite to start over");
}
