// SPDX-License-Identifier: Apache-2.0
//
// llama.cpp's own server: /completion with a prompt of token ids. Weights stay what the server was
// started with.
//
// Its defaults change the distribution (temperature 0.8, top_k 40, min_p 0.05, penalties), so every
// sampler is said, in our order. Log-probs are those of temperature 1 whatever was asked. A request
// cannot name stop tokens: the model's own end tokens stop it, and what follows another stop token
// is cut off here.
#pragma once

#include <gppo/rollout/server_call.hpp>

#include <string>

namespace gppo {

struct LlamaCpp {
    static constexpr const char* name = "llama.cpp";

    ServerCall generate(const ServerPrompt& prompt, const Sampling& s) const {
        return {"/completion",
                {{"prompt", prompt.tokens},
                 {"n_predict", prompt.max_new_tokens},
                 {"samplers", {"temperature", "top_k", "top_p", "min_p"}},
                 {"temperature", s.temperature},
                 {"dynatemp_range", 0.0},
                 {"top_k", s.greedy ? 1 : s.top_k},
                 {"top_p", s.top_p},
                 {"min_p", s.min_p},
                 {"repeat_penalty", 1.0},
                 {"seed", prompt.seed},
                 {"n_probs", 1},
                 {"return_tokens", true},
                 {"cache_prompt", false},
                 {"stream", false}}};
    }

    Served completion(const Answer& answer, const Sampling& sampling) const {
        const std::string type = answer["stop_type"].text();
        if (type != "eos" && type != "word" && type != "limit")
            answer["stop_type"].fail("must be eos, word or limit, it is " + quoted_excerpt(type));
        if (answer.has("truncated") && answer["truncated"].boolean())
            answer["truncated"].fail(
                "is true: prompt and completion do not fit the server's context");
        const Answer tokens = answer["tokens"], chosen = answer["completion_probabilities"];
        if (tokens.size() != chosen.size())
            chosen.fail("has " + std::to_string(chosen.size()) + " elements for " +
                        std::to_string(tokens.size()) + " tokens");
        Completion c;
        for (Index i = 0; i < tokens.size(); ++i) {
            const Answer each = chosen[i];
            c.tokens.push_back(tokens[i].token());
            if (each["id"].token() != c.tokens.back())
                each["id"].fail("is not the token of the same place in tokens");
            c.logp.push_back(each["logprob"].logp());
        }
        return {ended_completion(std::move(c), type != "limit", sampling), false, {}};
    }

    WeightUpdate load_weights(const std::string&, const std::string&) const {
        throw Error("llama.cpp's server cannot load other weights: start it anew with them");
    }
    void expects_loaded(const Answer&) const {}

    float logp_temperature(const Sampling&) const { return 1.0f; }
};

static_assert(ServerDialect<LlamaCpp>);

}  // namespace gppo
