// SPDX-License-Identifier: Apache-2.0
#include "rl_step.hpp"

#include <algorithm>
#include <numeric>
#include <set>
#include <string>

namespace {

double mean_of(const Rollout& rollout, gppo::Channel channel) {
    double sum = 0;
    for (const Judged& j : rollout.judged)
        sum += static_cast<double>(gppo::value_of(j.score, channel));
    return sum / static_cast<double>(rollout.judged.size());
}

void log_rollout(gppo::Metrics& metrics, const Rollout& rollout, const Strings& parts, Index kept) {
    const auto B = static_cast<double>(rollout.judged.size());
    const auto statistics = [&](const std::string& name, const std::vector<float>& values) {
        const auto [low, high] = std::minmax_element(values.begin(), values.end());
        metrics[name + "/mean"] =
            std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
        metrics[name + "/max"] = static_cast<double>(*high);
        metrics[name + "/min"] = static_cast<double>(*low);
    };
    statistics("critic/rewards", rollout.reward);
    statistics("critic/score", rollout.column([](const Judged& j) { return j.score.acc; }));
    statistics("critic/advantages", rollout.advantage);
    statistics("response_length",
               rollout.column([](const Judged& j) { return j.completion.tokens.size(); }));
    statistics("prompt_length",
               rollout.column([](const Judged& j) { return j.example->prompt.size(); }));
    const auto share = [&](auto condition) {
        return static_cast<double>(
                   std::count_if(rollout.judged.begin(), rollout.judged.end(), condition)) /
               B;
    };
    metrics["response_length/clip_ratio"] =
        share([](const Judged& j) { return j.completion.finish == gppo::Finish::length; });
    metrics["reward/format_ratio"] = share([](const Judged& j) { return j.score.format > 0.5f; });
    metrics["reward/unparsable_ratio"] = share([](const Judged& j) { return j.score.unparsable; });
    metrics["reward/infra_ratio"] = share([](const Judged& j) { return j.score.infra; });
    metrics["reward/passed_ratio"] = mean_of(rollout, gppo::Channel::passed);
    for (std::size_t i = 0; i < parts.size(); ++i) {
        double sum = 0;
        for (const Judged& j : rollout.judged) sum += static_cast<double>(j.parts[i]);
        metrics["reward/part/" + parts[i]] = sum / B;
    }
    add_verdicts(metrics, "reward/verdict/", rollout.judged);
    metrics["train/kept_ratio"] = static_cast<double>(kept) / B;
}

/// Losses are means over the updates; regions are shares of all tokens and of all gradient.
void log_objective(gppo::Metrics& metrics, const Update& all, double updates) {
    metrics["actor/pg_loss"] = all.loss.pg / updates;
    metrics["actor/loss"] = all.loss.value / updates;
    metrics["actor/kl_loss"] = all.loss.kl / updates;
    metrics["actor/positive_loss"] = all.loss.positive / updates;
    metrics["actor/entropy"] = all.entropy / static_cast<double>(all.tokens);
    metrics["actor/grad_norm"] = all.grad_norm / updates;
    metrics["actor/pg_clipfrac"] = all.seen.clip_fraction();
    metrics["actor/pg_clipfrac_lower"] = all.seen.clip_fraction_lower();
    metrics["actor/ppo_kl"] = all.seen.approx_kl();
    metrics["actor/ratio/mean"] = all.seen.ratio_mean();
    metrics["actor/ratio/max"] = all.seen.ratio_max;
    const gppo::Diagnostics& d = all.seen;
    const double mass = d.mass();
    const auto region = [&](const std::string& name, const gppo::RegionTotal& total) {
        metrics["gppo/count/" + name] = d.mean(total.count);
        metrics["gppo/grad/" + name] = mass > 0 ? total.mass / mass : 0.0;
    };
    region("in_range", d.in_range);
    region("r1", d.r1);
    region("r2", d.r2);
    region("r3", d.r3);
    region("r4", d.r4);
    region("dual", d.dual);
    metrics["gppo/grad_share_clipped"] = mass > 0 ? (d.r2.mass + d.r3.mass) / mass : 0.0;
}

/// The critic: how well it foresaw the rollout, and what its updates saw.
void log_critic(gppo::Metrics& metrics, const Rollout& rollout, const Update& all, double updates,
                double lr) {
    std::vector<Index> usable;
    for (std::size_t b = 0; b < rollout.judged.size(); ++b)
        if (gppo::trains(rollout.judged[b].score)) usable.push_back(static_cast<Index>(b));
    metrics["critic/vf_explained_var"] = explained_variance(rollout, usable);
    metrics["critic/values/mean"] =
        std::accumulate(rollout.values.begin(), rollout.values.end(), 0.0) /
        static_cast<double>(rollout.values.size());
    metrics["critic/vf_loss"] = all.value_loss / updates;
    metrics["critic/vf_clipfrac"] = all.value_clipped / updates;
    metrics["critic/grad_norm"] = all.value_norm / updates;
    metrics["critic/lr"] = lr;
}

/// Which prompts this step had, where [rl] and [curriculum] choose them.
void log_choice(gppo::Metrics& metrics, const Run& run, const Rollout& rollout,
                const std::set<Index>& trained) {
    const RlConfig& c = run.config.rl;
    if (c.temperature_end > 0)
        metrics["train/temperature"] = static_cast<double>(rollout.temperature);
    if (c.pipeline)
        metrics["train/staleness"] = static_cast<double>(run.state.step - 1 - rollout.policy);
    if (c.resample_max > 0) {
        metrics["groups/resampled"] = static_cast<double>(rollout.rounds.size() - 1);
        metrics["groups/dropped"] =
            static_cast<double>(rollout.group.back() + 1) - static_cast<double>(trained.size());
    }
    run.feed.log(metrics);
}

}  // namespace

void log_step(Run& run, const Rollout& rollout, const std::vector<Update>& updates,
              const std::vector<Index>& trained, double lr, double learn_seconds) {
    const auto kept = static_cast<Index>(trained.size());
    std::set<Index> groups;
    for (const Index b : trained) groups.insert(rollout.group[static_cast<std::size_t>(b)]);
    gppo::Metrics metrics = run.begin_metrics();
    log_rollout(metrics, rollout, run.grader.part_names(), kept);
    if (run.tool) {
        add_tool_use(metrics, "tool/", rollout.judged);
        metrics["tool/masked_tokens"] = static_cast<double>(
            std::count(rollout.mask.begin(), rollout.mask.end(), std::uint8_t{0}));
    }
    Update all;
    Index all_tokens = 0;
    for (const Update& u : updates) {
        all.loss.add(u.loss);
        all.seen.add(u.seen);
        all.grad_norm += u.grad_norm, all.entropy += u.entropy, all.tokens += u.tokens;
        all.value_loss += u.value_loss, all.value_clipped += u.value_clipped;
        all.value_norm += u.value_norm;
        all.masked_gradient = std::max(all.masked_gradient, u.masked_gradient);
    }
    for (const Judged& j : rollout.judged)
        all_tokens += static_cast<Index>(j.completion.tokens.size() + j.example->prompt.size());
    if (!updates.empty()) {
        log_objective(metrics, all, static_cast<double>(updates.size()));
        // Only before the first optimizer step have rollout and trainer the same weights.
        metrics["rollout/mismatch_max"] = updates.front().mismatch_max;
        metrics["rollout/kl_to_trainer"] =
            updates.front().mismatch_kl / static_cast<double>(updates.front().tokens);
    }
    if (run.scores)
        log_critic(metrics, rollout, all,
                   static_cast<double>(std::max<std::size_t>(updates.size(), 1)),
                   run.config.rl.critic_lr);
    if (!rollout.baseline.empty())
        metrics["critic/baseline/mean"] =
            std::accumulate(rollout.baseline.begin(), rollout.baseline.end(), 0.0) /
            static_cast<double>(rollout.baseline.size());
    metrics["actor/lr"] = lr;
    if (run.tool) metrics["tool/masked_gradient"] = all.masked_gradient;
    if (takes_kl_off(run.config.rl)) {
        metrics["actor/reward_kl"] = rollout.reward_kl;
        metrics["actor/reward_kl_coef"] = rollout.reward_kl_coef;
    }
    if (run.config.rl.entropy_target > 0)
        metrics["actor/entropy_coef"] = static_cast<double>(run.state.entropy.applied());
    log_choice(metrics, run, rollout, groups);
    metrics["train/skipped_steps"] = static_cast<double>(run.learner.count.skipped);
    const double seconds = rollout.seconds - rollout.hidden + learn_seconds;
    metrics["perf/total_num_tokens"] = static_cast<double>(all_tokens);
    metrics["perf/throughput"] = static_cast<double>(all_tokens) / seconds;
    metrics["timing_s/gen"] = rollout.seconds;
    metrics["timing_s/update_actor"] = learn_seconds;
    metrics["timing_s/step"] = seconds;
    run.log(metrics);
    for (Index i = 0; i < std::min<Index>(run.config.run.samples, 1); ++i)
        run.log(sample_of(run.state.global_step, rollout.judged[0], run.state.stage,
                          run.grader.part_names()));
    run.check_end(metrics.find("critic/score/mean") ? *metrics.find("critic/score/mean") : 0.0);
    run.show({.step = run.state.step,
              .total = run.config.rl.steps,
              .reward = *metrics.find("critic/rewards/mean"),
              .pass_rate = *metrics.find("critic/score/mean"),
              .entropy = all.tokens > 0 ? all.entropy / static_cast<double>(all.tokens)
                                        : gppo::ProgressState::unknown,
              .tokens_per_second = static_cast<double>(all_tokens) / seconds});
}
