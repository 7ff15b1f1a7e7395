// SPDX-License-Identifier: Apache-2.0
//
// gppo train-tokenizer: a small BPE vocabulary for a small model. .jsonl and .json files give every
// text in their rows, any other file is text itself. Writes what transformers needs beside weights.
#include "commands.hpp"

#include <gppo/core/file.hpp>
#include <gppo/data/jsonl.hpp>
#include <gppo/text/tokenizer_files.hpp>
#include <gppo/text/tokenizer_training.hpp>

#include <filesystem>
#include <iostream>

namespace {

struct TrainTokenizerOptions {
    Strings inputs;
    std::string output;
    gppo::TokenizerTrainingOptions training;
};

/// Every string in the value, however deep; names of fields are not text.
void add_texts(const nlohmann::json& value, gppo::TokenizerTraining& training) {
    if (value.is_string())
        training.add(value.get_ref<const std::string&>());
    else if (value.is_structured())
        for (const auto& element : value) add_texts(element, training);
}

void train_tokenizer(const TrainTokenizerOptions& options) {
    gppo::TokenizerTraining training;
    for (const std::string& input : options.inputs) {
        const auto kind = std::filesystem::path(input).extension();
        if (kind == ".jsonl" || kind == ".json")
            for (const gppo::JsonRow& row : gppo::read_jsonl(input).rows)
                add_texts(row.value, training);
        else
            training.add(gppo::read_file(input));
    }
    const auto tokenizer = gppo::Tokenizer::from_json(training.json(options.training));
    gppo::make_directories(options.output);
    for (const gppo::File& file : gppo::tokenizer_files(tokenizer))
        gppo::write_file(options.output, file);
    std::cout << options.output << ": " << tokenizer.vocab_size() << " tokens\n";
}

}  // namespace

void add_train_tokenizer_command(CLI::App& app) {
    const auto options = std::make_shared<TrainTokenizerOptions>();
    CLI::App* command = app.add_subcommand(
        "train-tokenizer", "Learn a small BPE vocabulary from text, for training from nothing");
    command->add_option("inputs", options->inputs, "Files: .jsonl, .json, or plain text")
        ->required();
    command->add_option("-o,--output", options->output, "Directory to write")->required();
    command
        ->add_option("--vocab-size", options->training.vocab_size,
                     "Tokens in all: 256 bytes, what is learnt, 5 chat tokens")
        ->capture_default_str();
    command
        ->add_option("--min-count", options->training.min_count,
                     "Pairs that occur less often are not merged")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    command->callback([options] { train_tokenizer(*options); });
}
