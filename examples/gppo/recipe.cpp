// SPDX-License-Identifier: Apache-2.0
#include "recipe.hpp"

#include "config_read.hpp"
#include "config_write.hpp"

#include <algorithm>
#include <optional>
#include <set>

namespace {

/// The tables of a file, taken apart.
class RecipeFile {
  public:
    RecipeFile(std::string path, const std::string& scale) : path_(std::move(path)) {
        try {
            root_ = toml::parse(gppo::read_file(path_), path_);
        } catch (const toml::parse_error& error) {
            throw gppo::Error(path_ + ":" + std::to_string(error.source().begin.line) + ": " +
                              std::string(error.description()));
        }
        expects_known(root_, {"stage", "scale"}, "");
        take_scale(scale);
        take_stages();
    }

    std::vector<RecipeStage> stages() const {
        std::vector<RecipeStage> all;
        for (const toml::table* table : stages_) {
            RecipeStage stage;
            stage.name = text(*table, "name"), stage.kind = text(*table, "kind");
            const std::string context = "stage " + stage.name + ": ";
            read(stage, without(root_, {"stage", "scale"}), "");
            read(stage, without(scale_, {"stage"}), "");
            read(stage, without(*table, {"name", "kind"}), context);
            if (const toml::table* own = of_stage(stage.name)) read(stage, *own, context);
            all.push_back(std::move(stage));
        }
        return all;
    }

    const std::string& path() const { return path_; }

  private:
    [[noreturn]] void fail(const toml::node& node, const std::string& problem) const {
        throw gppo::Error(path_ + ":" + std::to_string(node.source().begin.line) + ": " + problem);
    }

    /// Sections beside `extra` are for the reader of the configuration; its own words come first.
    void expects_known(const toml::table& table, const Strings& extra,
                       const std::string& context) const {
        RecipeStage any;
        Strings names = extra;
        for (const Field& field : stage_fields(any).fields) names.push_back(field.section);
        for (const auto& [key, node] : table) {
            const std::string name(key.str());
            if (std::find(names.begin(), names.end(), name) == names.end())
                fail(node, context + "unknown section '" + name + "'; did you mean '" +
                               nearest(name, names) + "'?");
        }
    }

    void take_scale(const std::string& scale) {
        const toml::table* scales = root_["scale"].as_table();
        Strings names;
        if (scales != nullptr)
            for (const auto& [name, table] : *scales) names.emplace_back(name.str());
        std::string list;
        for (const std::string& name : names) list += (list.empty() ? "" : ", ") + name;
        gppo::expects(!scale.empty() || names.empty(),
                      [&] { return path_ + ": pass --scale, one of " + list; });
        if (scale.empty()) return;
        const toml::table* chosen = scales ? (*scales)[scale].as_table() : nullptr;
        gppo::expects(chosen != nullptr, [&] {
            return path_ + ": no [scale." + scale + "]; " +
                   (names.empty() ? "the file has no scale: leave --scale out"
                                  : "did you mean '" + nearest(scale, names) + "'?");
        });
        scale_ = *chosen;
        expects_known(scale_, {"stage"}, "scale " + scale + ": ");
    }

    void take_stages() {
        const toml::array* list = root_["stage"].as_array();
        gppo::expects(list != nullptr && !list->empty(), [&] {
            return path_ +
                   ": no [[stage]]: a recipe names at least one (gppo sft and gppo rl take "
                   "a file without)";
        });
        std::set<std::string> names;
        for (const toml::node& node : *list) {
            const toml::table* table = node.as_table();
            if (table == nullptr) fail(node, "a stage is a table: write [[stage]]");
            const std::string name = text(*table, "name"), kind = text(*table, "kind");
            const auto plain = [](char c) {
                return std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_';
            };
            if (name.empty() || !std::all_of(name.begin(), name.end(), plain) || name == "eval")
                fail(node, "stage '" + name +
                               "': name it in letters, digits, - and _, and not eval: "
                               "name = \"maths\"");
            if (!names.insert(name).second) fail(node, "two stages are named '" + name + "'");
            if (kind != "sft" && kind != "reward" && kind != "rl")
                fail(node,
                     "stage " + name + ": kind is '" + kind + "', it must be sft, reward or rl");
            expects_known(*table, {"name", "kind"}, "stage " + name + ": ");
            stages_.push_back(table);
        }
        expects_stage_names({names.begin(), names.end()});
    }

    /// [scale.X.stage.NAME] must be about a stage that there is.
    void expects_stage_names(const Strings& names) const {
        const toml::table* own = scale_["stage"].as_table();
        if (own == nullptr) return;
        for (const auto& [key, node] : *own)
            if (std::find(names.begin(), names.end(), key.str()) == names.end())
                fail(node, "no stage '" + std::string(key.str()) + "'; did you mean '" +
                               nearest(std::string(key.str()), names) + "'?");
    }

    const toml::table* of_stage(const std::string& name) const {
        const toml::table* own = scale_["stage"].as_table();
        return own != nullptr ? (*own)[name].as_table() : nullptr;
    }

    std::string text(const toml::table& table, const char* key) const {
        const toml::node* node = table.get(key);
        if (node == nullptr) return "";
        if (!node->is_string()) fail(*node, std::string("stage: ") + key + " must be a string");
        return node->ref<std::string>();
    }

    static toml::table without(const toml::table& table, const Strings& keys) {
        toml::table rest = table;
        for (const std::string& key : keys) rest.erase(key);
        return rest;
    }

    void read(RecipeStage& stage, const toml::table& table, const std::string& context) const {
        FieldList list = stage_fields(stage);
        ConfigReader(list, path_, context).read_table(table);
    }

    std::string path_;
    toml::table root_, scale_;
    std::vector<const toml::table*> stages_;
};

/// --set: to every stage, or with stage.NAME. before it to one.
void assign(std::vector<RecipeStage>& stages, const std::string& assignment) {
    const std::string_view mark = "stage.";
    const bool one = assignment.starts_with(mark);
    std::string rest = assignment, name;
    if (one) {
        const auto dot = assignment.find('.', mark.size());
        name = assignment.substr(mark.size(), dot - mark.size());
        rest = dot == std::string::npos ? "" : assignment.substr(dot + 1);
    }
    Strings names;
    for (RecipeStage& stage : stages) {
        names.push_back(stage.name);
        if (one && stage.name != name) continue;
        FieldList list = stage_fields(stage);
        ConfigReader(list, "", one ? "stage " + name + ": " : "").set(rest);
    }
    gppo::expects(!one || std::find(names.begin(), names.end(), name) != names.end(), [&] {
        return "--set " + assignment + ": no stage '" + name + "'; did you mean '" +
               nearest(name, names) + "'?";
    });
}

/// What must be the same in all stages, or the run would not be one.
void expects_one_run(const std::vector<RecipeStage>& stages, const std::string& path) {
    std::optional<double> held_out;  // the kinds share problems
    std::vector<std::string> shared{"run.dir", "run.seed", "model.path", "tokenizer.kind",
                                    "tokenizer.path"};
    Config copy = stages.front().config;
    const auto first = config_to_json(config_fields(copy));
    for (const RecipeStage& stage : stages) {
        Config own = stage.config;
        const auto json = config_to_json(config_fields(own));
        for (const auto& [key, value] : json["model"].items())
            if (key != "activations" && key != "logits" && key != "path")
                shared.push_back("model." + key);
        for (const std::string& name : shared) {
            const auto dot = name.find('.');
            const std::string section = name.substr(0, dot), key = name.substr(dot + 1);
            gppo::expects(json[section][key] == first[section][key], [&] {
                return path + ": stage " + stage.name + ": " + name + " is " +
                       json[section][key].dump() + ", but " + first[section][key].dump() +
                       " in the first stage: all stages are one run of one model";
            });
        }
        const TaskConfig& task = stage.config.task;
        if (task.kind == "jsonl") continue;
        if (!held_out) held_out = task.held_out;
        gppo::expects(held_out == task.held_out, [&] {
            return path + ": stage " + stage.name +
                   ": task.held_out differs from an earlier stage's, which would train on problems "
                   "held out here";
        });
    }
}

/// It lives in run.dir/reward, so there is one; it neither samples for a reward nor is evaluated.
void expects_one_reward_model(const std::vector<RecipeStage>& stages, const std::string& path) {
    const RecipeStage* first = nullptr;
    for (const RecipeStage& stage : stages) {
        if (stage.kind != "reward") continue;
        gppo::expects(first == nullptr, [&] {
            return path + ": stages " + first->name + " and " + stage.name +
                   " are both of kind reward: a run has one reward model";
        });
        first = &stage;
        const bool asks = stage.until.pass_rate > 0 || stage.until.evaluation > 0 ||
                          stage.enter.from > 0 || stage.enter.below <= 1;
        gppo::expects(!asks, [&] {
            return path + ": stage " + stage.name +
                   ": of until and enter a stage of kind reward has until.steps and enter.skip";
        });
    }
}

}  // namespace

FieldList stage_fields(RecipeStage& stage) {
    FieldList list = config_fields(stage.config);
    list.section("until", stage.until);
    list.section("enter", stage.enter);
    return list;
}

Recipe Recipe::read(const std::string& file, const std::string& scale, const Strings& assignments) {
    gppo::expects(!file.empty(), "gppo run needs a recipe: -c recipe.toml");
    const RecipeFile source(file, scale);
    Recipe recipe{source.stages()};
    for (const bool one : {false, true})
        for (const std::string& assignment : assignments)
            if (assignment.starts_with("stage.") == one) assign(recipe.stages, assignment);
    std::erase_if(recipe.stages, [](const RecipeStage& stage) { return stage.enter.skip; });
    gppo::expects(!recipe.stages.empty(), [&] { return file + ": every stage is skipped"; });
    for (RecipeStage& stage : recipe.stages) {
        std::int64_t& steps = stage.steps();
        if (stage.until.steps > 0) steps = std::min(steps, stage.until.steps);
    }
    expects_one_reward_model(recipe.stages, file);
    expects_one_run(recipe.stages, file);
    return recipe;
}
