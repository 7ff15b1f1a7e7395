// SPDX-License-Identifier: Apache-2.0
//
// A trained model for commands that only sample from it.
#pragma once

#include "config.hpp"
#include "engine.hpp"

#include <gppo/model/pretrained.hpp>
#include <gppo/text/tokenizer.hpp>

#include <filesystem>
#include <string>

/// The model directory of a configuration: model.path, or what a run in run.dir left.
inline std::string model_directory(const Config& config) {
    if (!config.model.path.empty()) return config.model.path;
    const std::string trained = config.run.dir + "/model";
    gppo::expects(std::filesystem::exists(trained), [&] {
        return "no model: " + trained +
               " does not exist; set model.path, or run.dir to a finished run";
    });
    return trained;
}

struct Inference {
    explicit Inference(const Config& config)
        : directory(model_directory(config)),
          backend(make_cpu(config.run.threads, config.run.precision)),
          tokenizer(gppo::Tokenizer::from_file(config.tokenizer.path.empty()
                                                   ? directory + "/tokenizer.json"
                                                   : config.tokenizer.path)),
          model(backend, gppo::load_config(directory)) {
        gppo::load_weights(directory, model.config(), model.weights());
    }

    std::string directory;
    gppo::Cpu backend;
    gppo::Tokenizer tokenizer;
    Model model;
};
