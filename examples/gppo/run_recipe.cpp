// SPDX-License-Identifier: Apache-2.0
//
// gppo run: the stages of a recipe, one after the other. A stage begins from the checkpoint that
// the one before it ended with, so a run that is resumed between two is no special case.
#include "commands.hpp"
#include "evaluate.hpp"
#include "run_plan.hpp"
#include "stages.hpp"

#include <gppo/core/file.hpp>

#include <cstdio>
#include <filesystem>
#include <iostream>
#include <numeric>

namespace {

namespace fs = std::filesystem;

/// What gppo run is asked for.
struct RecipeOptions {
    std::string file, scale;
    Strings assignments;
    bool resume = false, overwrite = false, check = false;
};

/// Where an earlier run stopped.
struct Reached {
    std::string stage;
    Index step = 0;
    bool done = false;
};

std::optional<Reached> reached(const fs::path& dir) {
    const auto checkpoint = gppo::newest_valid_checkpoint(dir / "checkpoints", {});
    if (!checkpoint) return std::nullopt;
    const auto json = nlohmann::json::parse(checkpoint->read("state.json"), nullptr, false);
    gppo::expects(json.is_object() && json.contains("stage"), [&] {
        return checkpoint->path.string() + "/state.json: not a checkpoint of this version";
    });
    return Reached{json["stage"], json.value("step", Index{0}), json.value("done", false)};
}

/// The stage that the run in run.dir is at, or the one after it where that has ended.
std::size_t first_stage(const Recipe& recipe, const RecipeOptions& options) {
    const std::string& dir = recipe.stages.front().config.run.dir;
    const auto at = options.overwrite ? std::nullopt : reached(dir);
    if (!at) return 0;
    const std::string held =
        dir + " holds a run of stage " + at->stage + " at step " + std::to_string(at->step);
    gppo::expects(options.resume,
                  [&] { return held + ": pass --resume to go on or --overwrite to start over"; });
    for (std::size_t i = 0; i < recipe.stages.size(); ++i) {
        if (recipe.stages[i].name != at->stage) continue;
        if (!at->done || i + 1 == recipe.stages.size()) return i;
        // A reward model starts from the model directory, which a kill may have left unwritten.
        return recipe.stages[i + 1].kind == "reward" ? i : i + 1;
    }
    throw gppo::Error(held + ", which " + options.file +
                      " does not have: choose another run.dir, or pass --overwrite to start over");
}

/// Whether both evaluate the same, so that one evaluation serves for both.
bool same_evaluation(Config a, Config b) {
    auto one = config_to_json(config_fields(a)), other = config_to_json(config_fields(b));
    for (const char* key : {"train", "rows", "max_response_tokens", "worked", "correct"})
        one["task"].erase(key), other["task"].erase(key);
    return one["task"] == other["task"] && one["eval"] == other["eval"] &&
           one["reward"] == other["reward"] && one["sandbox"] == other["sandbox"];
}

StageOptions options_of(const Recipe& recipe, std::size_t i) {
    const RecipeStage& stage = recipe.stages[i];
    StageOptions options{.name = stage.name, .until = stage.until, .enter = stage.enter};
    for (std::size_t k = 0; k < i; ++k) {
        const RecipeStage& earlier = recipe.stages[k];
        options.number += earlier.kind == stage.kind;
        if (earlier.kind == "reward") continue;  // it leaves the policy as it was
        options.after = earlier.name;
        const bool same = same_evaluation(earlier.config, stage.config);
        options.before = same ? "after " + earlier.name : "";
    }
    return options;
}

/// Before anything trains: a mistake in the last stage must not show after days.
void expects_sound(const Recipe& recipe) {
    recipe.for_stages([&](const RecipeStage& stage) {
        if (stage.kind == "rl") check_rl(stage.config);
        expects_reward_model(recipe, stage);
    });
}

void train(const RecipeStage& stage, const StageOptions& options) {
    if (stage.kind == "sft") return train_sft(stage.config, options);
    if (stage.kind == "rl") return train_rl(stage.config, options);
    train_reward(stage.config, options);
}

void run_recipe(const RecipeOptions& asked) {
    gppo::expects(!(asked.resume && asked.overwrite),
                  "--resume and --overwrite contradict each other: pass one");
    const Recipe recipe = Recipe::read(asked.file, asked.scale, asked.assignments);
    if (asked.check) {
        std::cout << plan_of(recipe).dump(2) << '\n';
        return;
    }
    expects_sound(recipe);
    const std::size_t first = first_stage(recipe, asked);
    for (std::size_t i = first; i < recipe.stages.size(); ++i) {
        StageOptions options = options_of(recipe, i);
        options.resume = asked.resume || i > first;
        const RecipeStage& stage = recipe.stages[i];
        options.overwrite = asked.overwrite && i == first;
        const std::string& dir = stage.config.run.dir;
        options.clears = {stage.kind == "reward" ? dir : dir + "/reward"};
        train(stage, options);
    }
}

}  // namespace

bool Run::enters() {
    const auto& done = state.evaluations;
    const std::string own = "before " + state.stage;
    const std::string at = done.contains(options.before) ? options.before : own;
    if (!done.contains(at)) evaluate(*this, own);
    if (!done.contains(at)) return true;  // nothing is held out
    const double pass = done.at(at).at("pass@1");
    if (pass >= options.enter.from && pass < options.enter.below) return true;
    char text[96];
    std::snprintf(text, sizeof text, "held-out pass@1 before it is %.3f", pass);
    state.done = state.early = true;
    say("stage " + state.stage + " is left out: " + text + '\n');
    return false;
}

void Run::leave(const std::string& why) {
    state.done = state.early = true;
    say("stage " + state.stage + " is left out: " + why + '\n');
    finish();
}

void Run::check_end(std::optional<double> pass_rate) {
    const UntilConfig& until = options.until;
    if (pass_rate && until.pass_rate > 0) {
        auto& last = state.pass_rates;
        last.push_back(*pass_rate);
        if (std::ssize(last) > until.window) last.erase(last.begin());
        const double mean =
            std::accumulate(last.begin(), last.end(), 0.0) / static_cast<double>(last.size());
        if (std::ssize(last) == until.window && mean >= until.pass_rate) state.early = true;
    }
    if (until.evaluation > 0 && state.evaluations.contains(state.stage) &&
        state.evaluations[state.stage].at("pass@1") >= until.evaluation)
        state.early = true;
}

void Run::end(Index steps) {
    if (state.step >= steps || state.early) {
        evaluate(*this, "after " + state.stage);
        state.done = true;
    }
    finish();
}

void add_run_command(CLI::App& app) {
    CLI::App* command = app.add_subcommand("run", "Run the stages of a recipe in one directory");
    const auto options = std::make_shared<RecipeOptions>();
    command->add_option("-c,--config", options->file, "TOML file with [[stage]] tables");
    command->add_option("--scale", options->scale, "Which [scale.NAME] of the file");
    command
        ->add_option("--set", options->assignments,
                     "Change one key of every stage: section.key=value (repeatable), or of one: "
                     "stage.NAME.section.key=value")
        ->allow_extra_args(false)
        ->take_all();
    command->add_flag("--resume", options->resume,
                      "Go on from the newest valid checkpoint in run.dir, whatever its stage");
    command->add_flag("--overwrite", options->overwrite,
                      "Remove the run that run.dir holds and start over");
    command->add_flag("--check", options->check,
                      "Only say, as JSON, what the stages would take: nothing is read or made");
    command->footer([] {
        RecipeStage defaults;
        return "Keys and their defaults, of the file, a stage or a scale:\n\n" +
               config_help(stage_fields(defaults));
    });
    command->callback([options] { run_recipe(*options); });
}
