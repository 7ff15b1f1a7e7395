// SPDX-License-Identifier: Apache-2.0
//
// What is said to a rollout server and what comes back, without the transport. A server is spoken
// to by a plain value (Sglang, Vllm, LlamaCpp) that maps requests to calls and answers to
// completions and owns no connection, so that the mapping is tested without a server.
#pragma once

#include <gppo/rollout/answer.hpp>
#include <gppo/rollout/request.hpp>
#include <gppo/rollout/sampling.hpp>

#include <nlohmann/json.hpp>

#include <concepts>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace gppo {

/// A POST of JSON, or a GET where `body` is null.
struct ServerCall {
    std::string path;
    nlohmann::json body;
};

/// The status line's number and the whole body.
struct ServerReply {
    int status = 0;
    std::string body;
};

/// A completion and where it came from.
struct Served {
    Completion completion;
    bool aborted = false;  ///< cut off by the server, e.g. for new weights: nothing to learn from
    std::string weights;   ///< version of the weights that wrote it, where the server says
};

/// Calls that exchange the weights. `after` follows even where `load` failed.
struct WeightUpdate {
    std::vector<ServerCall> before, load, after;
};

/// One completion that is to be asked for. The seed is a function of (run seed, request, index).
struct ServerPrompt {
    std::span<const std::int32_t> tokens;
    Index max_new_tokens = 0;
    std::int64_t seed = 0;  ///< 31 bits, for servers that take one
};

/// How one kind of server is spoken to.
template <class D>
concept ServerDialect =
    requires(const D& dialect, const ServerPrompt& prompt, const Sampling& sampling,
             const Answer& answer, const std::string& text) {
        { D::name } -> std::convertible_to<std::string>;
        { dialect.generate(prompt, sampling) } -> std::same_as<ServerCall>;
        { dialect.completion(answer, sampling) } -> std::same_as<Served>;
        /// Throws where the server cannot load other weights.
        { dialect.load_weights(text, text) } -> std::same_as<WeightUpdate>;
        /// Looks at the answer of a call of WeightUpdate::load; throws where it says no.
        dialect.expects_loaded(answer);
        /// The temperature that the answered log-probs are taken at.
        { dialect.logp_temperature(sampling) } -> std::same_as<float>;
    };

/// Cuts a completion behind its first stop token, which a server that does not know them all may
/// have passed, and settles how it ended: `stopped` is the server's word.
inline Completion ended_completion(Completion c, bool stopped, const Sampling& sampling) {
    for (std::size_t i = 0; i < c.tokens.size(); ++i)
        if (sampling.stops(c.tokens[i])) {
            c.tokens.resize(i + 1);
            c.logp.resize(i + 1);
            stopped = true;
        }
    c.finish = stopped ? Finish::stop : Finish::length;
    return c;
}

}  // namespace gppo
