// SPDX-License-Identifier: Apache-2.0
//
// The servers of [rollout] over HTTP. Left out, for no_rollout_server.cpp, where cpp-httplib is not
// installed.
#include "completions.hpp"

#include <gppo/rollout/http.hpp>
#include <gppo/rollout/llama_cpp.hpp>
#include <gppo/rollout/server.hpp>
#include <gppo/rollout/sglang.hpp>
#include <gppo/rollout/vllm.hpp>

#include <cstdlib>
#include <filesystem>

namespace {

template <gppo::ServerDialect D>
class HttpServer final : public Server {
  public:
    HttpServer(D dialect, const RolloutConfig& c, const gppo::Qwen3Config& shape)
        : server_(std::move(dialect), connect(c),
                  {.connections = c.connections,
                   .vocab_size = shape.vocab_size,
                   .context = shape.max_position_embeddings}) {}

    std::vector<std::vector<gppo::Served>> complete(std::span<const gppo::Request> requests,
                                                    Index group, const gppo::Sampling& sampling,
                                                    std::uint64_t seed) override {
        return server_.generate(requests, group, sampling, seed);
    }
    void load_weights(const std::string& directory, const std::string& version) override {
        server_.load_weights(std::filesystem::absolute(directory).string(), version);
    }
    void expect_weights(const std::string& version) override { server_.expect_weights(version); }
    bool exact_logp(const gppo::Sampling& sampling) const override {
        return server_.dialect().logp_temperature(sampling) == sampling.temperature;
    }

  private:
    static std::function<std::unique_ptr<gppo::HttpClient>()> connect(const RolloutConfig& c) {
        gppo::HttpOptions options;
        options.deadline_seconds = c.deadline;
        if (const char* key = std::getenv("GPPO_ROLLOUT_KEY")) options.bearer = key;
        gppo::HttpClient(c.url, options);  // a bad address is refused before anything is done
        return [url = c.url, options] { return std::make_unique<gppo::HttpClient>(url, options); };
    }

    gppo::RolloutServer<D, gppo::HttpClient> server_;
};

}  // namespace

std::shared_ptr<Server> make_server(const RolloutConfig& c, const gppo::Qwen3Config& shape) {
    if (c.backend == "sglang")
        return std::make_shared<HttpServer<gppo::Sglang>>(gppo::Sglang{}, c, shape);
    if (c.backend == "vllm")
        return std::make_shared<HttpServer<gppo::Vllm>>(gppo::Vllm{.model = c.model}, c, shape);
    return std::make_shared<HttpServer<gppo::LlamaCpp>>(gppo::LlamaCpp{}, c, shape);
}
