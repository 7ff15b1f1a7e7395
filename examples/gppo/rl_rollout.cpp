// SPDX-License-Identifier: Apache-2.0
//
// The first two lines of the pseudo-code: which prompts, at which temperature, and how many more of
// them where too few teach anything.
#include "rl_step.hpp"

#include <gppo/reward/truncation.hpp>
#include <gppo/reward/varied.hpp>

#include <algorithm>
#include <set>

namespace {

/// In a straight line from rl.temperature to rl.temperature_end.
float temperature_at(const RlConfig& c, Index step) {
    if (c.temperature_end <= 0 || c.steps <= 1) return static_cast<float>(c.temperature);
    const double part = static_cast<double>(step - 1) / static_cast<double>(c.steps - 1);
    return static_cast<float>(c.temperature + (c.temperature_end - c.temperature) * part);
}

/// Groups whose completions that train differ in what the filter looks at.
Index varied_groups(const Config& config, const Rollout& rollout) {
    const RlConfig& c = config.rl;
    const gppo::Truncation truncation{.mask = config.reward.truncated == "mask"};
    std::vector<float> value;
    std::vector<Index> group;
    for (std::size_t b = 0; b < rollout.judged.size(); ++b) {
        const gppo::Score& score = rollout.judged[b].score;
        if (!gppo::trains(score) || !truncation.trains(score.truncated)) continue;
        value.push_back(c.filter_channel == "advantage"
                            ? rollout.reward[b]
                            : gppo::value_of(score, gppo::channel_from(c.filter_channel)));
        group.push_back(rollout.group[b]);
    }
    std::set<Index> varied;
    for (const Index i :
         gppo::varied_sequences(gppo::View<const float>(value), gppo::View<const Index>(group)))
        varied.insert(group[static_cast<std::size_t>(i)]);
    return static_cast<Index>(varied.size());
}

/// Adds rl.prompts prompts and their completions.
void add_round(Run& run, const Sampler& sampler, Rollout& rollout) {
    const RlConfig& c = run.config.rl;
    std::vector<Example>& examples = rollout.rounds.emplace_back();
    const auto first_request = static_cast<std::uint64_t>(run.state.position);
    for (Index p = 0; p < c.prompts; ++p) {
        const Index position = run.state.position;
        examples.push_back(run.feed.next(run.state.position));
        rollout.places.push_back(Feed::place_of(examples.back(), position));
    }
    auto judged = sampler(examples, c.group, first_request);
    run.feed.add(judged, c.group);
    if (c.advantage == "remax")
        add_greedy_baseline(rollout, sampler, examples, c.group, first_request);
    take_round(run.config, std::move(judged), rollout);
}

}  // namespace

Sampler rollout_sampler(Run& run, const Complete& complete, float temperature) {
    const RlConfig& c = run.config.rl;
    Sampler sampler{complete,
                    run.tokenizer,
                    run.grader,
                    sampling_of(c, run.tokenizer),
                    c.max_new_tokens,
                    run.seed(),
                    run.sampling_ranks.get()};
    sampler.sampling.temperature = temperature;
    return sampler;
}

void take_round(const Config& config, std::vector<Judged> judged, Rollout& rollout) {
    const RlConfig& c = config.rl;
    const gppo::Channel positives = gppo::channel_from(c.positive_channel);
    const bool masked = config.tools.kind != "none" && config.tools.masked;
    for (Judged& each : judged) {
        rollout.group.push_back(static_cast<Index>(rollout.judged.size()) / c.group);
        rollout.reward.push_back(each.score.score);
        rollout.positive.push_back(static_cast<double>(gppo::value_of(each.score, positives)) >=
                                   c.positive_from);
        if (masked)
            rollout.mask.insert(rollout.mask.end(), each.completion.mask.begin(),
                                each.completion.mask.end());
        rollout.judged.push_back(std::move(each));
    }
}

Rollout roll_out(Run& run, const Complete& complete, Index step) {
    const RlConfig& c = run.config.rl;
    const Clock clock;
    Rollout rollout;
    rollout.first_request = run.state.position;
    rollout.temperature = temperature_at(c, step);
    const Sampler sampler = rollout_sampler(run, complete, rollout.temperature);
    run.expects_exact_logp(sampler.sampling);
    add_round(run, sampler, rollout);
    for (Index more = 0; more < c.resample_max && !run.feed.exhausted(); ++more) {
        if (varied_groups(run.config, rollout) >= c.prompts) break;
        add_round(run, sampler, rollout);
    }
    rollout.seconds = clock.seconds();
    return rollout;
}

void limit_groups(const RlConfig& c, const Rollout& rollout, std::vector<Index>& kept) {
    std::set<Index> groups;
    std::erase_if(kept, [&](Index b) {
        const Index group = rollout.group[static_cast<std::size_t>(b)];
        if (std::ssize(groups) < c.prompts) groups.insert(group);
        return !groups.contains(group);
    });
}

void measure_rows(Run& run) {
    const RlConfig& c = run.config.rl;
    const std::vector<Index> rows = run.feed.untried();
    const Index samples = run.config.curriculum.measure;
    if (samples == 0 || rows.empty()) return;
    const Sampler sampler = rollout_sampler(run, run.complete(), static_cast<float>(c.temperature));
    run.expects_exact_logp(sampler.sampling);
    const std::uint64_t apart = 1ull << 48;  // from the requests of steps
    for (std::size_t first = 0; first < rows.size();) {
        std::vector<Example> examples;
        const std::uint64_t request = apart + first;
        for (Index p = 0; p < c.prompts && first < rows.size(); ++p)
            examples.push_back(run.feed.at(rows[first++]));
        run.feed.add(sampler(examples, samples, request), samples);
    }
}
