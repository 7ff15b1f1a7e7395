// SPDX-License-Identifier: Apache-2.0
#include "evaluate.hpp"

#include "rank_rollout.hpp"

#include <gppo/text/utf8.hpp>
#include <gppo/verify/boxed.hpp>

#include <algorithm>
#include <cstdio>
#include <span>

std::vector<Judged> Sampler::operator()(const std::vector<Example>& examples, Index group,
                                        std::uint64_t first_request) const {
    const std::span<const Example> all(examples);
    if (ranks == nullptr || ranks->alone()) return sample(all, group, first_request, first_request);
    const Share own = ranks->share(std::ssize(all));
    const auto part =
        all.subspan(static_cast<std::size_t>(own.first), static_cast<std::size_t>(own.count));
    const auto id = first_request + static_cast<std::uint64_t>(own.first);
    return gather_judged(*ranks, all, group, sample(part, group, id, first_request));
}

std::vector<Judged> Sampler::sample(std::span<const Example> examples, Index group,
                                    std::uint64_t first_id, std::uint64_t first_request) const {
    if (examples.empty()) return {};
    std::vector<gppo::Request> requests;
    for (const Example& example : examples)
        requests.push_back({.prompt = example.prompt,
                            .id = first_id + requests.size(),
                            .max_new_tokens = static_cast<int>(max_new_tokens)});
    return judge(examples, complete(requests, group, sampling, seed), group, first_request);
}

std::vector<Judged> Sampler::judge(std::span<const Example> examples,
                                   std::vector<std::vector<gppo::Served>> completions, Index group,
                                   std::uint64_t first_request) const {
    std::vector<Judged> judged;
    for (std::size_t p = 0; p < examples.size(); ++p)
        for (auto& [completion, aborted, weights] : completions[p]) {
            std::vector<std::int32_t> ids = completion.tokens;
            if (!ids.empty() && sampling.stops(ids.back())) ids.pop_back();
            const std::span last = std::span(ids).subspan(
                std::min(ids.size(), static_cast<std::size_t>(completion.tools.final_turn)));
            std::string text = tokenizer.decode(ids), final_turn = tokenizer.decode(last);
            judged.push_back({&examples[p], std::move(completion), std::move(text)});
            judged.back().final_turn = std::move(final_turn);
        }
    grader(judged, group, max_new_tokens, first_request);
    return judged;
}

gppo::Sample sample_of(Index step, const Judged& judged, const std::string& stage,
                       const Strings& parts) {
    const auto answer = gppo::boxed_answer(judged.answer());
    std::vector<std::pair<std::string, double>> values{
        {"acc", static_cast<double>(judged.score.acc)},
        {"passed", static_cast<double>(judged.score.passed)},
        {"format", static_cast<double>(judged.score.format)}};
    for (std::size_t i = 0; i < parts.size(); ++i)
        values.emplace_back(parts[i], static_cast<double>(judged.parts[i]));
    return {.step = step,
            .stage = stage,
            .prompt = judged.example->prompt_text,
            .completion = judged.text,
            .gold = judged.example->record.gold,
            .extracted = answer ? std::string(*answer) : std::string(),
            .reward = static_cast<double>(judged.score.score),
            .reward_parts = std::move(values),
            .tokens = static_cast<Index>(judged.completion.tokens.size()),
            .truncated = judged.completion.finish == gppo::Finish::length};
}

void add_verdicts(gppo::Metrics& metrics, const std::string& prefix,
                  const std::vector<Judged>& judged) {
    for (const auto& [name, count] : count_verdicts(judged))
        metrics[prefix + name] = static_cast<double>(count);
}

void add_tool_use(gppo::Metrics& metrics, const std::string& prefix,
                  const std::vector<Judged>& judged) {
    double turns = 0, calls = 0, failed = 0, malformed = 0, used = 0;
    for (const Judged& each : judged) {
        const gppo::ToolUse& tools = each.completion.tools;
        turns += static_cast<double>(tools.turns), calls += static_cast<double>(tools.calls);
        failed += static_cast<double>(tools.failed), used += tools.calls > 0;
        malformed += static_cast<double>(tools.malformed_calls);
    }
    const double completions = std::max(static_cast<double>(judged.size()), 1.0);
    metrics[prefix + "turns"] = turns / completions;
    metrics[prefix + "calls"] = calls / completions;
    metrics[prefix + "used"] = used / completions;
    metrics[prefix + "failed"] = calls > 0 ? failed / calls : 0.0;
    metrics[prefix + "malformed"] = calls > 0 ? malformed / calls : 0.0;
}

Outcome outcome_of(const std::vector<Judged>& judged, Index samples) {
    Outcome out;
    out.samples = samples;
    std::vector<gppo::Tally> tallies;
    double counted = 0;
    const auto k = static_cast<std::size_t>(samples);
    for (std::size_t first = 0; first < judged.size(); first += k) {
        const std::span<const Judged> group(&judged[first], k);
        const auto failed = std::count_if(group.begin(), group.end(),
                                          [](const Judged& j) { return j.score.infra; });
        out.infra += failed;
        if (failed > 0) continue;
        tallies.push_back({.samples = samples});
        counted += static_cast<double>(samples);
        const auto best = std::max_element(
            group.begin(), group.end(),
            [](const Judged& a, const Judged& b) { return a.model_score < b.model_score; });
        out.best += best->score.acc > 0.5f;
        for (const Judged& j : group) {
            tallies.back().correct += j.score.acc > 0.5f;
            out.length += static_cast<double>(j.completion.tokens.size());
            out.truncated += j.score.truncated;
            out.unparsable += j.score.unparsable;
            out.passed += static_cast<double>(j.score.passed);
        }
    }
    gppo::expects(!tallies.empty(),
                  "no held-out completion could be judged: the verifier failed on all of them");
    out.prompts = static_cast<Index>(tallies.size());
    for (double* sum : {&out.length, &out.truncated, &out.unparsable, &out.passed}) *sum /= counted;
    out.best /= static_cast<double>(out.prompts);
    const gppo::View<const gppo::Tally> problems(tallies);
    out.average = gppo::average_correct(problems);
    out.pass_at = gppo::pass_at_k(problems, samples);
    // Completions of one prompt are not independent, so problems are resampled, not completions.
    out.interval =
        samples == 1
            ? gppo::wilson_interval({out.prompts, static_cast<Index>(out.average * counted + 0.5)})
            : gppo::bootstrap_interval(problems, 1, 0);
    return out;
}

/// "  right  12+34=<think>…</think>\boxed{46}", on one line.
std::string line_of(const Judged& judged) {
    std::string text = judged.example->prompt_text + judged.text;
    std::replace_if(
        text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; }, ' ');
    if (text.size() > 110) {
        text.resize(107);
        text.resize(text.size() - gppo::unfinished_utf8(text));
        text += "...";
    }
    return (judged.score.acc > 0.5f ? "  right  " : "  wrong  ") +
           gppo::replace_invalid_utf8(text) + '\n';
}

void evaluate(Run& run, const std::string& name) {
    const EvalConfig& c = run.config.eval;
    const std::vector<Example> examples = run.task.held_out(c.prompts);
    if (examples.empty()) return;
    const Clock clock;
    const Sampler sampler{run.complete(),   run.tokenizer,
                          run.grader,       sampling_of(c, run.tokenizer),
                          c.max_new_tokens, evaluation_seed(run.config),
                          run.ranks.get()};
    const auto judged = sampler(examples, c.samples, 0);
    const Outcome outcome = outcome_of(judged, c.samples);
    gppo::Metrics metrics = run.begin_metrics();
    metrics.stage = "eval";
    const std::string source = "val/" + run.task.name() + "/";
    metrics[source + "acc"] = outcome.average;
    metrics[source + "response_length"] = outcome.length;
    metrics[source + "clip_ratio"] = outcome.truncated;
    metrics[source + "passed"] = outcome.passed;
    metrics[source + "infra"] = static_cast<double>(outcome.infra);
    add_verdicts(metrics, source + "verdict/", judged);
    if (run.grader.has_model() && c.samples > 1) {
        metrics[source + "best_of_n"] = outcome.best;
        metrics[source + "pass_at_n"] = outcome.pass_at;
    }
    if (run.tool) add_tool_use(metrics, source + "tool/", judged);
    metrics["timing_s/testing"] = clock.seconds();
    run.log(metrics);
    run.state.evaluations[name] = {
        {"step", run.state.global_step}, {"pass@1", outcome.average},
        {"low", outcome.interval.low},   {"high", outcome.interval.high},
        {"prompts", outcome.prompts},    {"completions", static_cast<Index>(judged.size())}};
    if (run.grader.has_model() && c.samples > 1)
        run.state.evaluations[name]["best_of_n"] = outcome.best;
    // The same prompts every time, spread over the set.
    const auto n = static_cast<Index>(judged.size());
    const auto shown = std::min<Index>(run.config.run.samples, n);
    std::string text = "\n" + evaluation_text(name, run.state.evaluations[name]) + '\n';
    if (run.grader.has_model() && c.samples > 1) {
        char best[120];
        std::snprintf(best, sizeof best,
                      "best of %lld by the reward model  %5.1f %%   (mean %.1f %%)\n",
                      static_cast<long long>(c.samples), 100 * outcome.best, 100 * outcome.average);
        text += best;
    }
    for (Index i = 0; i < shown; ++i) {
        const Judged& each = judged[static_cast<std::size_t>(i * (n / shown))];
        run.log(sample_of(run.state.global_step, each, name, run.grader.part_names()));
        if (i < 4) text += line_of(each);
    }
    // The ends of a stage, not the steps between.
    if (name.find(' ') != std::string::npos) run.say(text);
}
