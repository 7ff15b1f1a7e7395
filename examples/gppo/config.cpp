// SPDX-License-Identifier: Apache-2.0
//
// gppo config: prints the resolved configuration, as TOML that reads back or as JSON.
#include "commands.hpp"

#include <iostream>

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
