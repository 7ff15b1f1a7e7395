// SPDX-License-Identifier: Apache-2.0
//
// gppo inspect: what a config.json describes, without any weights: parameters, bytes, and the name
// and shape of every tensor, as one JSON object.
#include "commands.hpp"

#include <gppo/core/file.hpp>
#include <gppo/model/config_json.hpp>
#include <gppo/model/parameters.hpp>

#include <filesystem>
#include <iostream>

void add_inspect_command(CLI::App& app) {
    const auto path = std::make_shared<std::string>();
    CLI::App* command = app.add_subcommand(
        "inspect", "Describe the model of a config.json: parameters, tensors and their shapes");
    command->add_option("path", *path, "config.json, or a directory that has one")->required();
    command->callback([path] {
        std::filesystem::path file(*path);
        if (std::filesystem::is_directory(file)) file /= "config.json";
        const gppo::Qwen3Config config =
            gppo::qwen3_config_from_json(gppo::read_file(file), file.string());
        const gppo::Qwen3Layout layout = gppo::qwen3_layout(config);
        nlohmann::ordered_json tensors = nlohmann::ordered_json::object();
        for (const gppo::TensorInfo& tensor : layout.tensors) tensors[tensor.name] = tensor.shape;
        const nlohmann::ordered_json description = {
            {"parameters", layout.count},
            {"bytes", {{"F32", 4 * layout.count}, {"BF16", 2 * layout.count}}},
            {"config", nlohmann::ordered_json::parse(gppo::qwen3_config_to_json(config))},
            {"tensors", tensors}};
        std::cout << description.dump(2) << '\n';
    });
}
