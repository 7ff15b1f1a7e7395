// SPDX-License-Identifier: Apache-2.0
//
// SGLang's own HTTP calls: /generate with token ids in and [log-prob, token id, text] triples out,
// weights from a directory through /update_weights_from_disk.
//
// Log-probs are those of the temperature asked for, before top-k, top-p and min-p. A server also
// stops at the end tokens of its own model, which "ignore_eos" would not change: it switches the
// stop tokens of a request off, too. A server whose logits became NaN answers with a made-up stop
// token and the match "NaN happened", which is an error here.
#pragma once

#include <gppo/rollout/server_call.hpp>

#include <string>

namespace gppo {

struct Sglang {
    static constexpr const char* name = "sglang";

    bool seeded = false;  ///< send sampling_seed: for servers with --enable-deterministic-inference
    bool pause = true;    ///< pause and continue around an update; older servers do not know it

    ServerCall generate(const ServerPrompt& prompt, const Sampling& s) const {
        nlohmann::json sampling = {{"max_new_tokens", prompt.max_new_tokens},
                                   {"temperature", s.temperature},
                                   {"top_p", s.top_p},
                                   {"top_k", s.greedy      ? 1
                                             : s.top_k > 0 ? s.top_k
                                                           : -1},
                                   {"min_p", s.min_p},
                                   {"stop_token_ids", s.stop},
                                   {"skip_special_tokens", false}};
        if (seeded) sampling["sampling_seed"] = prompt.seed;
        return {"/generate",
                {{"input_ids", prompt.tokens},
                 {"sampling_params", std::move(sampling)},
                 {"return_logprob", true},
                 {"stream", false}}};
    }

    Served completion(const Answer& answer, const Sampling& sampling) const {
        const Answer meta = answer["meta_info"], reason = meta["finish_reason"];
        const Answer triples = meta["output_token_logprobs"];
        const std::string type = reason["type"].text();
        if (type != "stop" && type != "length" && type != "abort")
            reason["type"].fail("must be stop, length or abort, it is " + quoted_excerpt(type));
        if (type == "stop" && reason.has("matched") && reason["matched"].is_text() &&
            reason["matched"].text().starts_with("NaN"))
            reason["matched"].fail("says " + quoted_excerpt(reason["matched"].text()) +
                                   ": the server's logits are not finite");
        Completion c;
        for (Index i = 0; i < triples.size(); ++i) {
            c.logp.push_back(triples[i][Index{0}].logp());
            c.tokens.push_back(triples[i][Index{1}].token());
        }
        expects_same_tokens(answer, c);
        Served served{
            ended_completion(std::move(c), type == "stop", sampling), type == "abort", {}};
        if (meta.has("weight_version")) served.weights = meta["weight_version"].text();
        return served;
    }

    WeightUpdate load_weights(const std::string& directory, const std::string& version) const {
        WeightUpdate update;
        if (pause) update.before = {{"/pause_generation", {{"mode", "abort"}}}};
        update.load = {{"/update_weights_from_disk",
                        {{"model_path", directory},
                         {"weight_version", version},
                         {"abort_all_requests", true},
                         {"flush_cache", true}}}};
        if (pause) update.after = {{"/continue_generation", nlohmann::json::object()}};
        return update;
    }

    void expects_loaded(const Answer& answer) const {
        if (!answer["success"].boolean())
            answer["success"].fail("is false: " + quoted_excerpt(answer["message"].text()));
    }

    float logp_temperature(const Sampling& s) const { return s.temperature; }

  private:
    /// Newer servers send the ids twice.
    static void expects_same_tokens(const Answer& answer, const Completion& c) {
        if (!answer.has("output_ids")) return;
        const Answer ids = answer["output_ids"];
        if (ids.size() != std::ssize(c.tokens))
            ids.fail("has " + std::to_string(ids.size()) +
                     " tokens, meta_info.output_token_logprobs has " +
                     std::to_string(c.tokens.size()));
        for (Index i = 0; i < ids.size(); ++i)
            if (ids[i].token() != c.tokens[static_cast<std::size_t>(i)])
                ids[i].fail("is not the token of meta_info.output_token_logprobs");
    }
};

static_assert(ServerDialect<Sglang>);

}  // namespace gppo
