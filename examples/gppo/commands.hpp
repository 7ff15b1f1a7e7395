// SPDX-License-Identifier: Apache-2.0
//
// The subcommands of the gppo binary. Each lives in its own file and adds itself to the parser.
#pragma once

#include "config.hpp"
#include "config_read.hpp"
#include "config_write.hpp"

#include <CLI/CLI.hpp>

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

void add_sft_command(CLI::App& app);
void add_rl_command(CLI::App& app);
void add_eval_command(CLI::App& app);
void add_generate_command(CLI::App& app);
void add_data_command(CLI::App& app);
void add_loss_command(CLI::App& app);
void add_report_command(CLI::App& app);
void add_tokenize_command(CLI::App& app);
void add_detokenize_command(CLI::App& app);
void add_score_command(CLI::App& app);
void add_config_command(CLI::App& app);
void add_convert_command(CLI::App& app);

/// What every command that takes a configuration accepts.
struct ConfigOptions {
    std::string file;
    Strings assignments;
    bool resume = false;

    /// Defaults, then the file, then each --set in order.
    Config resolve() const {
        Config config;
        FieldList list = config_fields(config);
        ConfigReader reader(list);
        if (!file.empty()) reader.read_file(file);
        for (const std::string& assignment : assignments) reader.set(assignment);
        return config;
    }
};

/// Adds --config and --set, and the list of keys to the command's --help.
inline void add_config_options(CLI::App& command, ConfigOptions& options) {
    command.add_option("-c,--config", options.file, "TOML file with the configuration");
    command
        .add_option("--set", options.assignments,
                    "Change one key: section.key=value (repeatable), e.g. rl.lr=5e-5")
        ->allow_extra_args(false)
        ->take_all();
    command.footer([] {
        Config defaults;
        return "Configuration keys and their defaults (TOML, or --set section.key=value):\n\n" +
               config_help(config_fields(defaults));
    });
}

/// Adds a command that reads the configuration: `run` gets it resolved, and whether to resume.
inline CLI::App* add_config_command(CLI::App& app, const std::string& name, const std::string& help,
                                    bool resumes,
                                    std::function<void(const Config&, bool resume)> run) {
    CLI::App* command = app.add_subcommand(name, help);
    const auto options = std::make_shared<ConfigOptions>();
    add_config_options(*command, *options);
    if (resumes)
        command->add_flag("--resume", options->resume,
                          "Go on from the newest valid checkpoint in run.dir");
    command->callback([options, run] { run(options->resolve(), options->resume); });
    return command;
}
