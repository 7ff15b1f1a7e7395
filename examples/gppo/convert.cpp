// SPDX-License-Identifier: Apache-2.0
//
// gppo convert: checks a model directory and writes it anew, in another dtype, cut into shards, or
// with adapters merged into it.
#include "commands.hpp"
#include "engine.hpp"

#include <gppo/model/adapter_directory.hpp>
#include <gppo/model/pretrained.hpp>

#include <cstdint>
#include <iostream>

namespace {

/// The files beside config and weights that make the directory complete for other programs.
std::vector<gppo::File> companion_files(const std::filesystem::path& directory) {
    std::vector<gppo::File> files;
    for (const char* name : {"generation_config.json", "tokenizer.json", "tokenizer_config.json",
                             "chat_template.jinja", "special_tokens_map.json", "added_tokens.json",
                             "vocab.json", "merges.txt"}) {
        std::error_code code;
        if (std::filesystem::exists(directory / name, code))
            files.push_back({.name = name, .head = gppo::read_file(directory / name)});
    }
    return files;
}

/// W + scale B A for every adapted layer.
void merge_adapters(const std::string& directory, gppo::Pretrained& model) {
    const gppo::Cpu backend(0);
    Adapter adapter(backend, model.config, gppo::load_adapter_config(directory));
    gppo::load_adapters(directory, adapter.layout(), adapter.weights());
    adapter.keep_base(gppo::View<float>(model.weights));
    adapter.apply(gppo::View<float>(model.weights));
}

}  // namespace

void add_convert_command(CLI::App& app) {
    struct Options {
        std::string input, output, adapter;
        gppo::SaveOptions save;
    };
    const auto options = std::make_shared<Options>();
    CLI::App* command = app.add_subcommand(
        "convert", "Check a model directory and write it as another dtype or in shards");
    command->add_option("input", options->input, "Hugging Face directory to read")->required();
    command->add_option("output", options->output, "Directory to write")->required();
    command->add_option("--adapter", options->adapter,
                        "PEFT directory of low-rank adapters to merge into the weights");
    command->add_option("--dtype", options->save.dtype, "F32, BF16 or F16")
        ->check(CLI::IsMember({"F32", "BF16", "F16"}))
        ->capture_default_str();
    command
        ->add_option("--max-shard-bytes", options->save.max_shard_bytes,
                     "Split weights above this size")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    command->callback([options] {
        gppo::Pretrained model = gppo::load_pretrained(options->input);
        if (!options->adapter.empty()) merge_adapters(options->adapter, model);
        gppo::save_pretrained(options->output, model.config, model.weights,
                              companion_files(options->input), options->save);
        std::cout << options->output << ": " << model.weights.size() << " weights\n";
    });
}
