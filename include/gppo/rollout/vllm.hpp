// SPDX-License-Identifier: Apache-2.0
//
// vLLM's OpenAI-style server: /v1/completions with a prompt of token ids and "return_token_ids",
// weights through /collective_rpc (a server started with VLLM_SERVER_DEV_MODE=1).
//
// Log-probs are those of temperature 1 unless the server was started with
// --logprobs-mode processed_logprobs. What a request leaves open is taken from the model's
// generation_config.json, so everything is said. "ignore_eos" leaves the stop tokens of a request
// in force here, and switches the model's own off.
#pragma once

#include <gppo/rollout/server_call.hpp>

#include <string>

namespace gppo {

struct Vllm {
    static constexpr const char* name = "vllm";

    std::string model{};              ///< "" leaves it to the server, which may want it said
    bool processed_logprobs = false;  ///< started with --logprobs-mode processed_logprobs
    bool pause = true;                ///< pause and resume around an update
    /// "reload_weights" of vLLM's own worker takes the directory as weights_path; the name of a
    /// worker extension's method (prime-rl's is "update_weights_from_path") gets it as an argument.
    std::string load_method = "reload_weights";

    ServerCall generate(const ServerPrompt& prompt, const Sampling& s) const {
        nlohmann::json body = {{"prompt", prompt.tokens},
                               {"max_tokens", prompt.max_new_tokens},
                               {"temperature", s.temperature},
                               {"top_p", s.top_p},
                               {"top_k", s.greedy ? 1 : s.top_k},
                               {"min_p", s.min_p},
                               {"repetition_penalty", 1.0},
                               {"frequency_penalty", 0.0},
                               {"presence_penalty", 0.0},
                               {"n", 1},
                               {"seed", prompt.seed},
                               {"logprobs", 0},
                               {"stop_token_ids", s.stop},
                               {"ignore_eos", true},
                               {"skip_special_tokens", false},
                               {"return_token_ids", true},
                               {"stream", false}};
        if (!model.empty()) body["model"] = model;
        return {"/v1/completions", std::move(body)};
    }

    Served completion(const Answer& answer, const Sampling& sampling) const {
        const Answer choices = answer["choices"];
        if (choices.size() != 1) choices.fail("must have one element");
        const Answer choice = choices[Index{0}];
        const std::string reason = choice["finish_reason"].text();
        if (reason != "stop" && reason != "length" && reason != "abort")
            choice["finish_reason"].fail("must be stop, length or abort, it is " +
                                         quoted_excerpt(reason));
        if (!choice.has("token_ids"))
            choice.fail("has no token_ids: the server must know \"return_token_ids\" (0.10.2)");
        const Answer ids = choice["token_ids"], logps = choice["logprobs"]["token_logprobs"];
        if (ids.size() != logps.size())
            logps.fail("has " + std::to_string(logps.size()) + " numbers for " +
                       std::to_string(ids.size()) + " tokens");
        Completion c;
        for (Index i = 0; i < ids.size(); ++i) {
            c.tokens.push_back(ids[i].token());
            c.logp.push_back(logps[i].logp());
        }
        return {ended_completion(std::move(c), reason == "stop", sampling), reason == "abort", {}};
    }

    WeightUpdate load_weights(const std::string& directory, const std::string&) const {
        nlohmann::json load = {{"method", load_method}};
        if (load_method == "reload_weights")
            load["kwargs"] = {{"weights_path", directory}};
        else
            load["args"] = {directory};
        WeightUpdate update;
        if (pause) update.before = {{"/pause?mode=abort", nlohmann::json::object()}};
        update.load = {{"/collective_rpc", std::move(load)},
                       {"/reset_prefix_cache", nlohmann::json::object()}};
        if (pause) update.after = {{"/resume", nlohmann::json::object()}};
        return update;
    }

    /// A worker that fails makes the status an error; there is nothing to read in the answer.
    void expects_loaded(const Answer&) const {}

    float logp_temperature(const Sampling& s) const {
        return processed_logprobs ? s.temperature : 1.0f;
    }
};

static_assert(ServerDialect<Vllm>);

}  // namespace gppo
