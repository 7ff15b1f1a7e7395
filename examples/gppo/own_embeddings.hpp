// SPDX-License-Identifier: Apache-2.0
//
// Embeddings of texts by a model of ours, in place of an endpoint: the mean of the hidden states.
#pragma once

#include "engine.hpp"

#include <gppo/text/tokenizer.hpp>

#include <optional>
#include <string>
#include <vector>

struct OwnEmbeddingOptions {
    std::string directory;      ///< of a checkpoint: config.json, weights, tokenizer.json
    Index max_tokens = 0;       ///< what is longer is cut off; 0: the model's positions
    Index batch_tokens = 4096;  ///< in one pass, about
    std::int64_t threads = 0;   ///< 0: all
    std::string precision = "fp32";
};

/// Reads the directory when it is made.
class OwnEmbeddings {
  public:
    explicit OwnEmbeddings(const OwnEmbeddingOptions& options);

    /// (texts)(D). Bits do not depend on the batch or on the threads. Throws gppo::Error for a text
    /// without tokens.
    std::vector<std::vector<float>> operator()(const std::vector<std::string>& texts);
    /// Texts that were cut off.
    Index truncated() const { return truncated_; }

  private:
    OwnEmbeddingOptions options_;
    Engine backend_;
    gppo::Tokenizer tokenizer_;
    Model model_;
    Index truncated_ = 0;
};
