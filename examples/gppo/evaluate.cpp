// SPDX-License-Identifier: Apache-2.0
#include "evaluate.hpp"

#include <gppo/rollout/pass_at_k.hpp>
#include <gppo/verify/boxed.hpp>

#include <algorithm>

std::vector<Judged> roll_out(Run& run, const std::vector<Example>& examples, Index group, Index max_new_tokens,
                             const gppo::Sampling& sampling, std::uint64_t seed, std::uint64_t first_request) {
    std::vector<gppo::Request> requests;
    for (const Example& example : examples)
        requests.push_back({.prompt = example.prompt,
                            .id = first_request + requests.size(),
                            .max_new_tokens = static_cast<int>(max_new_tokens)});
    auto completions = gppo::generate(run.learner.model, requests, group, sampling, seed);
    std::vector<Judged> judged;
    for (std::size_t p = 0; p < examples.size(); ++p)
        for (gppo::Completion& completion : completions[p]) {
            std::vector<std::int32_t> ids = completion.tokens;
            if (!ids.empty() && sampling.stops(ids.back())) ids.pop_back();
            std::string text = run.tokenizer.decode(ids);
            gppo::Score score = ::score(examples[p], text, completion.finish, static_cast<Index>(completion.tokens.size()),
                                       max_new_tokens, run.config.reward);
            judged.push_back({&examples[p], std::move(completion), std::move(text), score});
        }
    return judged;
}

gppo::Sample sample_of(const Run& run, const Judged& judged, const std::string& stage) {
    const auto answer = gppo::boxed_answer(judged.text);
    return {.step = run.state.global_step,
            .stage = stage,
            .prompt = judged.example->prompt_text,
            .completion = judged.text,
            .gold = judged.example->record.gold,
            .extracted = answer ? std::string(*answer) : std::string(),
            .reward = static_cast<double>(judged.score.score),
            .reward_parts = {{"acc", static_cast<double>(judged.score.acc)},
                             {"format", static_cast<double>(judged.score.format)}},
            .tokens = static_cast<Index>(judged.completion.tokens.size()),
            .truncated = judged.completion.finish == gppo::Finish::length};
}

void evaluate(Run& run, const std::string& name) {
    const EvalConfig& c = run.config.eval;
    const std::vector<Example> examples = run.task.held_out(c.prompts);
    const Clock clock;
    // Its own seed: evaluation must not use a number that training uses.
    if (examples.empty()) return;
    const auto judged = roll_out(run, examples, c.samples, c.max_new_tokens, sampling_of(c, run.tokenizer),
                                 static_cast<std::uint64_t>(run.config.run.seed) ^ 0x6576616Cu, 0);
    Index right = 0, truncated = 0, tokens = 0;
    for (const Judged& each : judged) {
        right += each.score.acc > 0.5;
        truncated += each.completion.finish == gppo::Finish::length;
        tokens += static_cast<Index>(each.completion.tokens.size());
    }
    const auto n = static_cast<Index>(judged.size());
    const auto interval = gppo::wilson_interval({n, right});
    gppo::Metrics metrics = run.begin_metrics();
    metrics.stage = "eval";
    const std::string source = "val/" + run.task.name() + "/";
    metrics[source + "acc"] = static_cast<double>(right) / static_cast<double>(n);
    metrics[source + "response_length"] = static_cast<double>(tokens) / static_cast<double>(n);
    metrics[source + "clip_ratio"] = static_cast<double>(truncated) / static_cast<double>(n);
    metrics["timing_s/testing"] = clock.seconds();
    run.log(metrics);
    run.state.evaluations[name] = {{"step", run.state.global_step},
                                   {"pass@1", static_cast<double>(right) / static_cast<double>(n)},
                                   {"low", interval.low},
                                   {"high", interval.high},
                                   {"completions", n}};
    const auto shown = std::min<Index>(run.config.run.samples, n);
    for (Index i = 0; i < shown; ++i)  // the same prompts every time, spread over the set
        run.samples_log.write(sample_of(run, judged[static_cast<std::size_t>(i * (n / shown))], name));
}
