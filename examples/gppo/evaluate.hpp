// SPDX-License-Identifier: Apache-2.0
//
// Held-out pass@1: how often a sampled completion is right on prompts that training never sees.
#pragma once

#include "completions.hpp"
#include "grader.hpp"
#include "run.hpp"

#include <gppo/rollout/pass_at_k.hpp>
#include <gppo/rollout/stop_strings.hpp>

#include <string>
#include <vector>

/// What sampling and judging need.
struct Sampler {
    Complete complete;  ///< with the weights of now, see Run::complete
    const gppo::Tokenizer& tokenizer;
    const Grader& grader;
    gppo::Sampling sampling;
    Index max_new_tokens = 0;
    std::uint64_t seed = 0;
    Ranks* ranks = nullptr;  ///< where they are several, each samples its part and all get all

    /// `group` completions of each example, judged; result [prompt * group + g]. Random numbers
    /// depend on (seed, first_request + prompt, g) alone.
    std::vector<Judged> operator()(const std::vector<Example>& examples, Index group,
                                   std::uint64_t first_request) const;

    /// The same for completions that are there already, (prompts)(group).
    std::vector<Judged> judge(std::span<const Example> examples,
                              std::vector<std::vector<gppo::Served>> completions, Index group,
                              std::uint64_t first_request) const;

  private:
    std::vector<Judged> sample(std::span<const Example> examples, Index group,
                               std::uint64_t first_id, std::uint64_t first_request) const;
};

/// How often completions were right. `pass_at` holds pass@k, the unbiased estimate.
struct Outcome {
    Index prompts = 0, samples = 0;
    double average = 0;       // avg@samples, which is pass@1
    gppo::Interval interval;  // of it, 95 %
    double pass_at = 0;       // pass@samples
    double best = 0;  // how often the completion that the reward model scores highest is right
    double length = 0, truncated = 0, unparsable = 0, passed = 0;
    Index infra = 0;  // completions that no verifier could judge: they count nowhere above
};
/// Prompts of which fewer than `samples` completions could be judged are left out.
Outcome outcome_of(const std::vector<Judged>& judged, Index samples);

/// Evaluates on the held-out prompts as [eval] says, logs val/<task>/acc, writes samples and keeps
/// the result in run.state.evaluations[name].
void evaluate(Run& run, const std::string& name);

/// The sampling of a config section, with the tokenizer's end tokens. The tokenizer must outlive
/// it.
template <class Section>
gppo::Sampling sampling_of(const Section& c, const gppo::Tokenizer& tokenizer) {
    gppo::Sampling s;
    s.temperature = static_cast<float>(c.temperature);
    s.top_k = static_cast<int>(c.top_k);
    s.top_p = static_cast<float>(c.top_p);
    s.min_p = static_cast<float>(c.min_p);
    if constexpr (requires { c.greedy; }) s.greedy = c.greedy;
    if constexpr (requires { c.stop; })
        if (!c.stop.empty()) s.ends = gppo::StopStrings(tokenizer, c.stop);
    s.stop = {end_token(tokenizer)};
    return s;
}

/// The sample as samples.jsonl stores it; `parts` are the names of the reward's parts.
gppo::Sample sample_of(Index step, const Judged& judged, const std::string& stage,
                       const Strings& parts);

/// reward/verdict/<name> under `prefix`.
void add_verdicts(gppo::Metrics& metrics, const std::string& prefix,
                  const std::vector<Judged>& judged);

/// Means of what tools did, a completion or a call each, under `prefix`.
void add_tool_use(gppo::Metrics& metrics, const std::string& prefix,
                  const std::vector<Judged>& judged);

/// [eval]'s seed: evaluation must not use a number that training uses.
inline std::uint64_t evaluation_seed(const Config& config) {
    return static_cast<std::uint64_t>(config.run.seed) ^ 0x6576616Cu;
}
