// SPDX-License-Identifier: Apache-2.0
//
// gppo plan: what a recipe, or a configuration without stages, takes of memory, as a table; fails
// where a stage does not fit. Nothing is read but the configuration and the model's shape.
#include "commands.hpp"
#include "config_read.hpp"
#include "device_plan.hpp"
#include "memory_plan.hpp"
#include "run_plan.hpp"

#include <cstdio>
#include <iostream>

namespace {

struct PlanOptions {
    std::string file, scale;
    Strings assignments;
    bool json = false;
    gppo::Index ranks = 0, ranks_here = 0;  // 0: as a launcher says, and all of them

    RankCount count() const {
        if (ranks == 0) return RankCount::from_environment();
        gppo::expects(ranks_here <= ranks, "--ranks-per-machine is more than --ranks");
        return {ranks, ranks_here == 0 ? ranks : ranks_here};
    }
};

bool has_stages(const std::string& file) {
    if (file.empty()) return false;
    try {
        return toml::parse(gppo::read_file(file), file).contains("stage");
    } catch (const toml::parse_error&) {
        return false;  // the reader says what is wrong, and where
    }
}

/// A file without stages is what gppo sft and gppo rl read.
Recipe recipe_of(const PlanOptions& asked) {
    if (has_stages(asked.file)) return Recipe::read(asked.file, asked.scale, asked.assignments);
    gppo::expects(asked.scale.empty(),
                  [&] { return asked.file + " has no stages, so no scale: leave --scale out"; });
    ConfigOptions options;
    options.file = asked.file, options.assignments = asked.assignments;
    const Config config = options.resolve();
    return {{{.name = "sft", .kind = "sft", .config = config, .until = {}, .enter = {}},
             {.name = "rl", .kind = "rl", .config = config, .until = {}, .enter = {}}}};
}

/// One line: a name, and what `text` makes of each stage.
template <class F>
void print_line(const std::string& name, const nlohmann::ordered_json& stages, F text) {
    std::printf("%-20s", name.c_str());
    for (const auto& stage : stages) std::printf(" %12s", std::string(text(stage)).c_str());
    std::printf("\n");
}

void print_bytes(const char* where, const nlohmann::ordered_json& stages) {
    for (const auto& entry : stages.front()[where].items())
        print_line(entry.key(), stages, [&](const auto& stage) {
            const auto found = stage.find(where);
            const auto bytes =
                found == stage.end() ? 0 : found->at(entry.key()).template get<gppo::Index>();
            return bytes == 0 ? "-" : bytes_text(bytes);
        });
}

void print_table(const nlohmann::ordered_json& stages, const RankCount& ranks) {
    print_line("", stages, [](const auto& stage) { return stage["stage"]; });
    print_bytes("bytes", stages);
    if (ranks.local > 1)
        print_line("of " + std::to_string(ranks.local) + " ranks", stages, [](const auto& stage) {
            return bytes_text(stage["machine_bytes"].template get<gppo::Index>());
        });
    for (const char* name : {"parameters", "longest_sequence", "microbatch_tokens",
                             "completions_at_once", "steps", "sequences_per_step"})
        print_line(name, stages, [&](const auto& stage) { return stage[name].dump(); });
    if (!stages.front().contains("device_bytes")) return;
    print_line("on the GPU", stages, [](const auto&) { return ""; });
    print_bytes("device_bytes", stages);
}

/// "512.0 GiB", "512.0 GiB, and 80.0 GiB on the GPU"
std::string there_text(const RunConfig& run) {
    const std::string host = bytes_text(memory_limit(run));
    const gppo::Index device = on_device(run) ? device_limit(run) : 0;
    return device == 0 ? host : host + ", and " + bytes_text(device) + " on the GPU,";
}

void print_plan(const PlanOptions& asked) {
    const Recipe recipe = recipe_of(asked);
    const RankCount ranks = asked.count();
    const auto stages = plan_of(recipe, ranks);
    if (asked.json)
        std::cout << stages.dump(2) << '\n';
    else
        print_table(stages, ranks);
    std::fflush(stdout);
    recipe.for_stages([&](const RecipeStage& stage) {
        expects_fits(stage.config, stage.kind, planned_shape(stage.config),
                     memory_limit(stage.config.run), true, ranks);
        expects_device_fits(stage.config, stage.kind, planned_shape(stage.config),
                            device_limit(stage.config.run), true, ranks);
    });
    if (!asked.json)
        std::printf("fits: %s are there\n", there_text(recipe.stages.front().config.run).c_str());
}

}  // namespace

void add_plan_command(CLI::App& app) {
    CLI::App* command = app.add_subcommand("plan", "Say what memory a configuration takes");
    const auto options = std::make_shared<PlanOptions>();
    command->add_option("-c,--config", options->file,
                        "TOML file, with or without [[stage]] tables; none: the defaults");
    command->add_option("--scale", options->scale, "Which [scale.NAME] of the file");
    command
        ->add_option(
            "--set", options->assignments,
            "Change one key: section.key=value (repeatable); model.path=Qwen3-8B plans for "
            "a published size whose weights are not here")
        ->allow_extra_args(false)
        ->take_all();
    command
        ->add_option("--ranks", options->ranks,
                     "Plan for so many processes, docs/18_several_processes.md; default: "
                     "WORLD_SIZE")
        ->check(CLI::Range(1, 4096));
    command
        ->add_option("--ranks-per-machine", options->ranks_here,
                     "So many of them on one machine; default: all")
        ->check(CLI::Range(1, 4096));
    command->add_flag("--json", options->json, "Print the plan as JSON, with the model's shape");
    command->callback([options] { print_plan(*options); });
}
