// SPDX-License-Identifier: Apache-2.0
//
// Where completions come from, the seam of everything that samples: the model in this process or a
// server that [rollout] names.
#pragma once

#include "config.hpp"
#include "engine.hpp"

#include <gppo/rollout/server_call.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

/// Completions of each request, (requests)(group). None of them is aborted.
using Complete = std::function<std::vector<std::vector<gppo::Served>>(
    std::span<const gppo::Request> requests, Index group, const gppo::Sampling& sampling,
    std::uint64_t seed)>;

/// This process's model; `decoder` must live as long as what is returned.
Complete from_decoder(AnyDecoder& decoder);

/// The server of [rollout], whatever its kind.
class Server {
  public:
    virtual ~Server() = default;
    virtual std::vector<std::vector<gppo::Served>> complete(std::span<const gppo::Request> requests,
                                                            Index group,
                                                            const gppo::Sampling& sampling,
                                                            std::uint64_t seed) = 0;
    /// `directory` as the server sees it; relative paths are made absolute.
    virtual void load_weights(const std::string& directory, const std::string& version) = 0;
    /// This or another process had it load them: answers of others are an error.
    virtual void expect_weights(const std::string& version) = 0;
    /// Whether the log-probs of completions are those of the sampling's temperature.
    virtual bool exact_logp(const gppo::Sampling& sampling) const = 0;
};

inline bool uses_server(const RolloutConfig& c) {
    return c.backend != "local";
}

/// Connects with the first call. `shape` is that of the model that is trained or evaluated.
std::shared_ptr<Server> make_server(const RolloutConfig& config, const gppo::Qwen3Config& shape);

/// Its completions; an aborted one is an error.
Complete from_server(std::shared_ptr<Server> server);
