// SPDX-License-Identifier: Apache-2.0
#include "own_embeddings.hpp"

#include <gppo/data/pooled_states.hpp>
#include <gppo/model/pretrained.hpp>

#include <algorithm>
#include <iterator>
#include <utility>

OwnEmbeddings::OwnEmbeddings(const OwnEmbeddingOptions& options)
    : options_(options),
      backend_(Engine(make_cpu(options.threads, options.precision))),
      tokenizer_(gppo::Tokenizer::from_file(options.directory + "/tokenizer.json")),
      model_(backend_, gppo::load_config(options.directory), gppo::Activations::recomputed) {
    gppo::load_weights(options.directory, model_.config(), model_.weights());
    const Index context = model_.config().max_position_embeddings;
    gppo::expects(options_.max_tokens <= context, [&] {
        return "--max-tokens is above the model's max_position_embeddings, " +
               std::to_string(context);
    });
    if (options_.max_tokens == 0) options_.max_tokens = context;
}

std::vector<std::vector<float>> OwnEmbeddings::operator()(const std::vector<std::string>& texts) {
    std::vector<std::vector<float>> vectors;
    std::vector<float> hidden;
    gppo::PackedBatch packed;
    const Index width = model_.config().hidden_size;
    const auto embed = [&] {
        hidden.resize(packed.tokens.size() * static_cast<std::size_t>(width));
        hidden_states(model_, packed, hidden);
        auto means = gppo::mean_states(hidden, packed.offsets, width);
        std::move(means.begin(), means.end(), std::back_inserter(vectors));
        packed.clear();
    };
    for (std::size_t i = 0; i < texts.size(); ++i) {
        std::vector<std::int32_t> ids = tokenizer_.encode(texts[i]);
        gppo::expects(!ids.empty(),
                      [&] { return "row " + std::to_string(i + 1) + " has an empty text"; });
        const auto most = static_cast<std::size_t>(options_.max_tokens);
        truncated_ += ids.size() > most;
        ids.resize(std::min(ids.size(), most));
        const auto after = static_cast<Index>(packed.tokens.size() + ids.size());
        if (after > options_.batch_tokens && packed.sequences() > 0) embed();
        packed.tokens.insert(packed.tokens.end(), ids.begin(), ids.end());
        packed.offsets.push_back(static_cast<Index>(packed.tokens.size()));
    }
    if (packed.sequences() > 0) embed();
    return vectors;
}
