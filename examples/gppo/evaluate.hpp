// SPDX-License-Identifier: Apache-2.0
//
// Held-out pass@1: how often a sampled completion is right on prompts that training never sees.
#pragma once

#include "run.hpp"

#include <gppo/rollout/generate.hpp>

#include <string>
#include <vector>

/// One prompt, its completions, their texts and scores. Point into whoever made them.
struct Judged {
    const Example* example = nullptr;
    gppo::Completion completion;
    std::string text;
    gppo::Score score;
};

/// Samples `group` completions of each example and scores them; result [prompt * group + g]. Random numbers
/// depend on (seed, first_request + prompt, g) alone.
std::vector<Judged> roll_out(Run& run, const std::vector<Example>& examples, Index group, Index max_new_tokens,
                             const gppo::Sampling& sampling, std::uint64_t seed, std::uint64_t first_request);

/// Evaluates on the held-out prompts as [eval] says, logs val/<task>/acc, writes samples and keeps the
/// result in run.state.evaluations[name].
void evaluate(Run& run, const std::string& name);

/// The sampling of a config section, with the tokenizer's end tokens.
template <class Section>
gppo::Sampling sampling_of(const Section& c, const gppo::Tokenizer& tokenizer) {
    gppo::Sampling s;
    s.temperature = static_cast<float>(c.temperature);
    s.top_k = static_cast<int>(c.top_k);
    s.top_p = static_cast<float>(c.top_p);
    if constexpr (requires { c.greedy; }) s.greedy = c.greedy;
    s.stop = {end_token(tokenizer)};
    return s;
}

/// The sample as samples.jsonl stores it.
gppo::Sample sample_of(const Run& run, const Judged& judged, const std::string& stage);
