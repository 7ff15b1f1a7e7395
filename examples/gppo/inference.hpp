// SPDX-License-Identifier: Apache-2.0
//
// A trained model for commands that only sample from it, in this process or on a server.
#pragma once

#include "completions.hpp"
#include "config.hpp"
#include "engine.hpp"
#include "tools.hpp"

#include <gppo/model/pretrained.hpp>
#include <gppo/text/tokenizer.hpp>

#include <filesystem>
#include <memory>
#include <optional>
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

/// Completions also end at the tokens that the model's generation_config.json names.
inline gppo::Sampling with_end_tokens(gppo::Sampling sampling, const std::string& directory) {
    for (const Index id : gppo::load_end_tokens(directory))
        if (!sampling.stops(static_cast<std::int32_t>(id)))
            sampling.stop.push_back(static_cast<std::int32_t>(id));
    return sampling;
}

struct Inference {
    /// Scoring needs the model in this process, whoever samples.
    enum class Use { sampling, scoring };

    explicit Inference(const Config& config, Use use = Use::sampling)
        : directory(model_directory(config)),
          backend(make_engine(config.run, config.run.threads)),
          tokenizer(gppo::Tokenizer::from_file(config.tokenizer.path.empty()
                                                   ? directory + "/tokenizer.json"
                                                   : config.tokenizer.path)),
          shape(gppo::load_config(directory)),
          tool(use == Use::sampling ? make_tool(config, tokenizer) : nullptr) {
        const Index context = shape.max_position_embeddings;
        if (use == Use::sampling && uses_server(config.rollout)) {
            const auto server = make_server(config.rollout, shape);
            if (config.rollout.load) server->load_weights(directory, directory);
            complete = with_tool(from_server(server), tool, config.tools, context);
            return;
        }
        model.emplace(backend, shape, gppo::Activations::kept, kept_weights(config));
        gppo::load_weights(directory, shape, model->stored_weights());
        if (use == Use::scoring) return;
        decoder = make_decoder(backend, *model);
        complete = with_tool(from_decoder(*decoder), tool, config.tools, context);
    }
    Inference(const Inference&) = delete;
    Inference& operator=(const Inference&) = delete;

    std::string directory;
    Engine backend;
    gppo::Tokenizer tokenizer;
    gppo::Qwen3Config shape;
    std::shared_ptr<const gppo::PythonTool> tool;  // of [tools], or null
    std::optional<Model> model;                    // not where a server has it
    std::unique_ptr<AnyDecoder> decoder;
    Complete complete;
};
