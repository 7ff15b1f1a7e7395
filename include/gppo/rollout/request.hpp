// SPDX-License-Identifier: Apache-2.0
//
// What generation is asked and what it answers.
#pragma once

#include <gppo/core/error.hpp>
#include <gppo/model/qwen3_config.hpp>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <numeric>
#include <string>
#include <vector>

namespace gppo {

/// One prompt. `id` chooses the random numbers: the same id and seed give the same completions.
struct Request {
    std::vector<std::int32_t> prompt;
    std::uint64_t id = 0;
    int max_new_tokens = 0;
};

enum class Finish { stop, length };

/// How tools were used in a completion of several turns (multi_turn.hpp).
struct ToolUse {
    Index turns = 1;       ///< replies of the model, the final one included
    Index final_turn = 0;  ///< where the tokens of the last one begin
    Index malformed_turns = 0;
    Index calls = 0, malformed_calls = 0;  ///< calls; of them, those no tool could read
    Index failed = 0;                      ///< programs that ended badly or over a limit
    bool broken = false;                   ///< the tool itself failed

    friend bool operator==(const ToolUse&, const ToolUse&) = default;
};

struct Completion {
    std::vector<std::int32_t> tokens;  ///< with the stop token, if it ended with one
    std::vector<float> logp;           ///< of each token, at the temperature, before any filter
    Finish finish = Finish::length;
    std::vector<std::uint8_t> mask{};  ///< 0: not the model's, its logp is 0   // (T) or empty
    ToolUse tools{};

    bool sampled(Index t) const { return mask.empty() || mask[static_cast<std::size_t>(t)] != 0; }
};

/// Best of n: the completion whose mean log-prob a token is highest, the first of equals.
inline std::size_t likeliest(const std::vector<Completion>& completions) {
    const auto mean = [](const Completion& c) {
        const double total = std::accumulate(c.logp.begin(), c.logp.end(), 0.0);
        const auto others = std::count(c.mask.begin(), c.mask.end(), std::uint8_t{0});
        return total / static_cast<double>(std::max<Index>(std::ssize(c.logp) - others, 1));
    };
    std::size_t best = 0;
    for (std::size_t i = 1; i < completions.size(); ++i)
        if (mean(completions[i]) > mean(completions[best])) best = i;
    return best;
}

struct GenerationProgress {
    Index finished = 0, completions = 0, tokens = 0;
};

struct Generation {
    Index slots = 64;         ///< completions that run at the same time
    Index prompt_rows = 512;  ///< prompt tokens taken in at most in one step
    std::function<void(const GenerationProgress&)> progress{};  ///< called after every step
    /// Where memory is not the host's, prompts of at least `whole_prompt` tokens go through the
    /// model at once instead, several together up to `prefill_tokens`; the last token of each is a
    /// row of the next step.
    Index whole_prompt = 256;
    Index prefill_tokens = 8192;
};

/// How many tokens a request may generate: max_new_tokens, or what the context leaves.
/// Throws Error naming request `index` if the prompt is empty, too long or not in the vocabulary.
inline Index new_token_limit(const Request& r, Index index, const Qwen3Config& c) {
    const auto fail = [&](const std::string& what) {
        throw Error("generate: request " + std::to_string(index) + " (id " + std::to_string(r.id) +
                    ") " + what);
    };
    const Index length = std::ssize(r.prompt), context = c.max_position_embeddings;
    if (length == 0) fail("has an empty prompt; give at least one token");
    if (length >= context)
        fail("has a prompt of " + std::to_string(length) + " tokens, the context is " +
             std::to_string(context) + "; shorten the prompt or raise max_position_embeddings");
    if (r.max_new_tokens < 1)
        fail("asks for " + std::to_string(r.max_new_tokens) + " new tokens; ask for at least 1");
    for (const std::int32_t token : r.prompt)
        if (token < 0 || token >= c.vocab_size)
            fail("has token " + std::to_string(token) + " in its prompt, the vocabulary has " +
                 std::to_string(c.vocab_size));
    return std::min<Index>(r.max_new_tokens, context - length);
}

}  // namespace gppo
