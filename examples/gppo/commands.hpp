// SPDX-License-Identifier: Apache-2.0
//
// The subcommands of the gppo binary. Each lives in its own file and adds itself to the parser.
#pragma once

#include "config.hpp"
#include "config_write.hpp"

#include <CLI/CLI.hpp>

#include <functional>
#include <memory>
#include <string>

void add_sft_command(CLI::App& app);
void add_rl_command(CLI::App& app);
void add_reward_command(CLI::App& app);
void add_run_command(CLI::App& app);
void add_plan_command(CLI::App& app);
void add_eval_command(CLI::App& app);
void add_generate_command(CLI::App& app);
void add_logprobs_command(CLI::App& app);
void add_data_command(CLI::App& app);
void add_loss_command(CLI::App& app);
void add_report_command(CLI::App& app);
void add_tokenize_command(CLI::App& app);
void add_detokenize_command(CLI::App& app);
void add_train_tokenizer_command(CLI::App& app);
void add_score_command(CLI::App& app);
void add_config_command(CLI::App& app);
void add_convert_command(CLI::App& app);
void add_inspect_command(CLI::App& app);

/// What every command that takes a configuration accepts.
struct ConfigOptions {
    std::string file;
    Strings assignments;
    std::string backend, device;  // run.backend, run.device
    bool resume = false;

    /// Defaults, then the file, then each --set in order, then the two above.
    Config resolve() const;
};

/// Adds --config and --set, and the list of keys to the command's --help.
void add_config_options(CLI::App& command, ConfigOptions& options);

/// Adds a command that reads the configuration: `run` gets it resolved, and whether to resume.
CLI::App* add_config_command(CLI::App& app, const std::string& name, const std::string& help,
                             bool resumes, std::function<void(const Config&, bool resume)> run);
