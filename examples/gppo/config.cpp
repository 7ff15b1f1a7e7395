// SPDX-License-Identifier: Apache-2.0
//
// gppo config: prints the resolved configuration, as TOML that reads back or as JSON. Also what
// every command shares that takes one: here, so that the TOML parser is compiled once.
#include "commands.hpp"
#include "config_read.hpp"
#include "config_write.hpp"

#include <iostream>
#include <utility>

Config ConfigOptions::resolve() const {
    Config config;
    FieldList list = config_fields(config);
    ConfigReader reader(list);
    if (!file.empty()) reader.read_file(file);
    for (const std::string& assignment : assignments) reader.set(assignment);
    if (!backend.empty()) reader.set("run.backend=" + backend);
    if (!device.empty()) reader.set("run.device=" + device);
    return config;
}

void add_config_options(CLI::App& command, ConfigOptions& options) {
    command.add_option("-c,--config", options.file, "TOML file with the configuration");
    command
        .add_option("--set", options.assignments,
                    "Change one key: section.key=value (repeatable), e.g. rl.lr=5e-5")
        ->allow_extra_args(false)
        ->take_all();
    command.add_option("--backend", options.backend,
                       "The same as --set run.backend: cpu, torch or cuda");
    command.add_option("--device", options.device, "The same as --set run.device: cpu or cuda");
    command.footer([] {
        Config defaults;
        return "Configuration keys and their defaults (TOML, or --set section.key=value):\n\n" +
               config_help(config_fields(defaults));
    });
}

CLI::App* add_config_command(CLI::App& app, const std::string& name, const std::string& help,
                             bool resumes, std::function<void(const Config&, bool resume)> run) {
    CLI::App* command = app.add_subcommand(name, help);
    const auto options = std::make_shared<ConfigOptions>();
    add_config_options(*command, *options);
    if (resumes)
        command->add_flag("--resume", options->resume,
                          "Go on from the newest valid checkpoint in run.dir");
    command->callback(
        [options, run = std::move(run)] { run(options->resolve(), options->resume); });
    return command;
}

void add_config_command(CLI::App& app) {
    const auto json = std::make_shared<bool>(false);
    CLI::App* command = add_config_command(
        app, "config", "Print the resolved configuration", false,
        [json](const Config& resolved, bool) {
            Config config = resolved;
            const FieldList list = config_fields(config);
            std::cout << (*json ? config_to_json(list).dump(2) + "\n" : config_to_toml(list));
        });
    command->add_flag("--json", *json, "JSON instead of TOML");
}
