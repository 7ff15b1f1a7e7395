// SPDX-License-Identifier: Apache-2.0
//
// Generation by a server that somebody else runs: token ids in, token ids and log-probs out, one
// call for each completion (servers share the prompt among them by their prefix cache), many at a
// time. Every completion carries the version of the weights that wrote it.
//
// Unlike gppo::generate, a completion here depends on the server's batch and kernels; the trainer
// recomputes every log-prob, and what differs is what rollout corrections are for.
#pragma once

#include <gppo/rollout/server_call.hpp>

#include <algorithm>
#include <atomic>
#include <concepts>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace gppo {

/// Makes a call and returns the reply, or throws Error naming the address. HttpClient is one.
template <class X>
concept ServerTransport = requires(X& transport, const ServerCall& call) {
    { transport(call) } -> std::same_as<ServerReply>;
    { transport.url() } -> std::convertible_to<std::string>;
};

struct ServerLimits {
    Index connections = 32;  ///< calls in flight
    Index vocab_size = 0;    ///< of the model that is trained: no answer may pass it
    Index context = 0;       ///< longest prompt and completion; 0 leaves it to the server
};

/// The JSON of a reply.
inline nlohmann::json parsed_reply(const ServerReply& reply, const std::string& address) {
    auto json = nlohmann::json::parse(reply.body, nullptr, false);
    expects(!json.is_discarded(),
            [&] { return address + ": the answer is not JSON: " + quoted_excerpt(reply.body); });
    return json;
}

template <ServerDialect D, ServerTransport X>
class RolloutServer {
  public:
    /// `connect` makes a transport; every connection gets its own.
    RolloutServer(D dialect, std::function<std::unique_ptr<X>()> connect, ServerLimits limits)
        : dialect_(std::move(dialect)), connect_(std::move(connect)), limits_(limits) {
        expects(limits_.connections > 0 && limits_.vocab_size > 0,
                "rollout server: connections and vocab_size must be positive");
    }

    const D& dialect() const { return dialect_; }
    /// The version given with the last load_weights or expect_weights; empty before.
    const std::string& weights() const { return weights_; }

    /// Result [request][index], as of gppo::generate. The first error ends the whole.
    std::vector<std::vector<Served>> generate(std::span<const Request> requests, Index group,
                                              const Sampling& sampling, std::uint64_t seed) {
        sample_rule(sampling);
        expects(group > 0, "generate: group must be positive");
        std::vector<Index> room;
        for (std::size_t i = 0; i < requests.size(); ++i)
            room.push_back(new_token_limit(requests[i], static_cast<Index>(i), shape()));
        std::vector<std::vector<Served>> done(requests.size());
        for (auto& row : done) row.resize(static_cast<std::size_t>(group));
        const Index total = std::ssize(requests) * group;
        for_each_call(total, [&](X& transport, Index n) {
            const auto r = static_cast<std::size_t>(n / group);
            done[r][static_cast<std::size_t>(n % group)] =
                complete(transport, requests[r],
                         {requests[r].prompt, room[r], call_seed(seed, requests[r].id, n % group)},
                         sampling);
        });
        return done;
    }

    /// Has the server load the model directory, which it must see under this path. From then on an
    /// answer that names another version is an error.
    void load_weights(const std::string& directory, const std::string& version) {
        const WeightUpdate update = dialect_.load_weights(directory, version);
        const std::unique_ptr<X> transport = connect_();
        for (const ServerCall& call : update.before) (*transport)(call);
        try {
            for (const ServerCall& call : update.load) {
                const std::string address = transport->url() + call.path;
                const ServerReply reply = (*transport)(call);
                if (call.path == update.load.front().path && !reply.body.empty()) {
                    const nlohmann::json json = parsed_reply(reply, address);
                    dialect_.expects_loaded(Answer(json, address));
                }
            }
        } catch (...) {
            try {  // the server must not stay paused; why it failed is what matters
                for (const ServerCall& call : update.after) (*transport)(call);
            } catch (const Error&) {
            }
            throw;
        }
        for (const ServerCall& call : update.after) (*transport)(call);
        expect_weights(version);
    }
    /// The same where another process had the server load them.
    void expect_weights(const std::string& version) { weights_ = version; }

  private:
    Qwen3Config shape() const {
        Qwen3Config c;
        c.vocab_size = limits_.vocab_size;
        c.max_position_embeddings = limits_.context > 0 ? limits_.context : Index{1} << 40;
        return c;
    }

    /// 31 bits that are the completion's own, as its random numbers are in gppo::generate.
    static std::int64_t call_seed(std::uint64_t seed, std::uint64_t id, Index index) {
        return static_cast<std::int64_t>(Philox{seed}.bits(completion_stream(id, index), 0) >> 33);
    }

    Served complete(X& transport, const Request& request, const ServerPrompt& prompt,
                    const Sampling& sampling) {
        const ServerCall call = dialect_.generate(prompt, sampling);
        const std::string address = transport.url() + call.path;
        const nlohmann::json json = parsed_reply(transport(call), address);
        const Answer answer(json, address);
        Served served = dialect_.completion(answer, sampling);
        const auto& tokens = served.completion.tokens;
        const std::string who = "for request id " + std::to_string(request.id);
        if (tokens.empty() && !served.aborted) answer.fail(who + " holds no token");
        if (std::ssize(tokens) > prompt.max_new_tokens)
            answer.fail(who + " holds " + std::to_string(tokens.size()) + " tokens, " +
                        std::to_string(prompt.max_new_tokens) + " were asked for");
        for (const std::int32_t token : tokens)
            if (token >= limits_.vocab_size)
                answer.fail(who + " holds token " + std::to_string(token) +
                            ", the vocabulary has " + std::to_string(limits_.vocab_size) +
                            ": the server runs another model");
        if (served.weights.empty()) served.weights = weights_;
        if (!weights_.empty() && served.weights != weights_)
            answer.fail("was written by weights " + quoted_excerpt(served.weights) + ", " +
                        quoted_excerpt(weights_) + " were loaded last");
        return served;
    }

    /// call(transport, n) for n in [0, count), from up to limits_.connections threads.
    template <class F>
    void for_each_call(Index count, F call) {
        std::atomic<Index> next = 0;
        std::exception_ptr first;
        std::mutex failing;
        const auto work = [&] {
            try {
                const std::unique_ptr<X> transport = connect_();
                for (Index n = next++; n < count; n = next++) call(*transport, n);
            } catch (...) {
                next = count;  // the others finish what they have begun
                const std::lock_guard lock(failing);
                if (!first) first = std::current_exception();
            }
        };
        {
            std::vector<std::jthread> threads;
            for (Index n = 0; n < std::min(count, limits_.connections); ++n)
                threads.emplace_back(work);
        }
        if (first) std::rethrow_exception(first);
    }

    D dialect_;
    std::function<std::unique_ptr<X>()> connect_;
    ServerLimits limits_;
    std::string weights_;
};

}  // namespace gppo
