// SPDX-License-Identifier: Apache-2.0
//
// gppo rl: reinforcement learning with verifiable rewards. One step is the paper's pseudo-code:
// roll out, score, credit, learn.
#include "any_objective.hpp"
#include "commands.hpp"
#include "evaluate.hpp"
#include "run.hpp"

#include <gppo/advantage/informative.hpp>
#include <gppo/core/philox.hpp>
#include <gppo/train/schedule.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace {

using gppo::View;

/// One rollout: B = prompts x group completions, their rewards and their credit.
struct Rollout {
    std::vector<Example> examples;    // (prompts)
    std::vector<Judged> judged;       // (B)
    std::vector<Index> group;         // (B)
    std::vector<float> reward;        // (B)
    std::vector<float> advantage;     // (B)
    std::vector<std::uint8_t> right;  // (B)
    double seconds = 0;

    /// Where the tokens of each completion start, (B + 1).
    std::vector<Index> offsets() const {
        std::vector<Index> starts{0};
        for (const Judged& each : judged)
            starts.push_back(starts.back() + static_cast<Index>(each.completion.tokens.size()));
        return starts;
    }
    std::vector<float> column(auto value) const {
        std::vector<float> out;
        for (const Judged& each : judged) out.push_back(static_cast<float>(value(each)));
        return out;
    }
};

/// 1 and 2: completions under the policy that is about to change, and one number for each.
Rollout roll_out_and_score(Run& run) {
    const RlConfig& c = run.config.rl;
    const Clock clock;
    Rollout rollout;
    const auto first_request = static_cast<std::uint64_t>(run.state.position);
    for (Index p = 0; p < c.prompts; ++p)
        rollout.examples.push_back(run.task.training(rl_stream, run.state.position++));
    const Sampler sampler{run.learner.model, run.tokenizer,
                          run.config.reward, sampling_of(c, run.tokenizer),
                          c.max_new_tokens,  static_cast<std::uint64_t>(run.config.run.seed)};
    rollout.judged = sampler(rollout.examples, c.group, first_request);
    for (std::size_t b = 0; b < rollout.judged.size(); ++b) {
        const Judged& each = rollout.judged[b];
        rollout.group.push_back(static_cast<Index>(b) / c.group);
        rollout.reward.push_back(each.score.score);
        rollout.right.push_back(each.score.acc > 0.5f);
    }
    rollout.seconds = clock.seconds();
    return rollout;
}

/// What an optimizer step saw.
struct Update {
    gppo::Loss loss;
    gppo::Diagnostics seen;
    double grad_norm = 0, entropy = 0, mismatch_max = 0, mismatch_kl = 0;
    Index tokens = 0;
};

/// The sequences of one optimizer step. Coefficients are made from all of them, so how they are cut
/// into micro-batches does not change the gradient.
struct Minibatch {
    std::vector<Lesson> lessons;                // (B)
    std::vector<Index> offsets{0}, group;       // (B + 1) into logp_old, (B)
    std::vector<float> advantage, coefficient;  // (B)
    std::vector<std::uint8_t> right;            // (B)
    std::vector<float> right_coefficient;       // (B)
    std::vector<float> logp_old;                // (T)

    Minibatch(const Rollout& rollout, const std::vector<Index>& chosen,
              const AnyObjective& objective) {
        for (const Index index : chosen) {
            const auto b = static_cast<std::size_t>(index);
            const Judged& each = rollout.judged[b];
            lessons.push_back({each.example->prompt, each.completion.tokens});
            logp_old.insert(logp_old.end(), each.completion.logp.begin(),
                            each.completion.logp.end());
            offsets.push_back(static_cast<Index>(logp_old.size()));
            group.push_back(rollout.group[b]);
            advantage.push_back(rollout.advantage[b]);
            right.push_back(rollout.right[b]);
        }
        coefficient.resize(chosen.size());
        right_coefficient.resize(chosen.size());
        objective.coefficients(part({}, {}, {}, offsets, 0));
    }

    /// The sequences from `first` on that `cut` holds, with this pass's log-probs.
    gppo::Batch<> part(View<const float> logp, View<const float> entropy,
                       View<const float> logp_ref, View<const Index> cut, Index first) {
        const Index sequences = cut.size - 1, from = offsets[static_cast<std::size_t>(first)];
        gppo::Batch<> batch;
        batch.logp = logp;
        batch.logp_old = View<const float>(logp_old).slice(from, cut[sequences]);
        batch.logp_ref = logp_ref;
        batch.entropy = entropy;
        batch.offsets = cut;
        batch.group = View<const Index>(group).slice(first, sequences);
        batch.advantage = View<float>(advantage).slice(first, sequences);
        batch.coefficient = View<float>(coefficient).slice(first, sequences);
        batch.positive = View<const std::uint8_t>(right).slice(first, sequences);
        batch.positive_coefficient = View<float>(right_coefficient).slice(first, sequences);
        return batch;
    }
};

void add_mismatch(Update& update, View<const float> logp, View<const float> logp_old) {
    for (Index t = 0; t < logp.size; ++t) {
        const double delta = static_cast<double>(logp[t]) - static_cast<double>(logp_old[t]);
        update.mismatch_max = std::max(update.mismatch_max, std::abs(delta));
        update.mismatch_kl += std::exp(delta) - 1 - delta;
    }
}

/// 4: one optimizer step on the sequences `chosen` of the rollout.
Update learn(Run& run, const Rollout& rollout, const AnyObjective& objective,
             const std::vector<Index>& chosen, double lr) {
    const RlConfig& c = run.config.rl;
    const auto temperature = static_cast<float>(c.temperature);
    gppo::Qwen3<gppo::Cpu>& model = run.learner.model;
    Minibatch minibatch(rollout, chosen, objective);
    Update update;
    std::vector<float> logp, logp_ref, entropy, dlogp, dentropy;
    model.zero_gradients();
    for_microbatches(
        minibatch.lessons, c.microbatch_tokens, run.packed,
        [&](Index first, gppo::PackedBatch& packed) {
            const std::size_t tokens = packed.targets.size();
            for (auto* buffer : {&logp, &entropy, &dlogp, &dentropy}) buffer->resize(tokens);
            if (run.reference) {
                logp_ref.resize(tokens);
                run.reference->forward(inputs(packed), targets(packed), temperature, logp_ref, {});
            }
            model.forward(inputs(packed), targets(packed), temperature, logp, entropy);
            const gppo::Batch<> batch =
                minibatch.part(logp, entropy, logp_ref, packed.target_offsets, first);
            update.loss.add(objective.evaluate(run.backend, batch, dlogp, dentropy, update.seen));
            model.backward(View<const float>(dlogp), objective.entropy.coefficient != 0
                                                         ? View<const float>(dentropy)
                                                         : View<const float>());
            add_mismatch(update, batch.logp, batch.logp_old);
            update.entropy += std::accumulate(entropy.begin(), entropy.end(), 0.0);
            update.tokens += static_cast<Index>(tokens);
        });
    gppo::expects(update.loss.non_finite.count == 0, [&] {
        return "step " + std::to_string(run.state.step) + ": " + update.loss.non_finite.message() +
               ": the weights are broken, go back to an earlier checkpoint and lower rl.lr";
    });
    update.grad_norm = run.learner.update(adamw_options(c, lr), c.clip_norm);
    return update;
}

/// Deals `kept` into `parts` piles of whole sequences, in an order that depends on (seed, step)
/// alone.
std::vector<std::vector<Index>> deal(std::vector<Index> kept, Index parts, std::uint64_t seed,
                                     Index step) {
    const gppo::Philox random{seed ^ 0x6465616Cu};
    if (parts > 1)
        for (std::size_t i = kept.size(); i > 1; --i)
            std::swap(kept[i - 1], kept[random.below(i, static_cast<std::uint64_t>(step), i)]);
    std::vector<std::vector<Index>> piles(static_cast<std::size_t>(std::max<Index>(parts, 1)));
    for (std::size_t i = 0; i < kept.size(); ++i)
        piles[i * piles.size() / kept.size()].push_back(kept[i]);
    std::erase_if(piles, [](const auto& pile) { return pile.empty(); });
    return piles;
}

void log_step(Run& run, const Rollout& rollout, const std::vector<Update>& updates, Index kept,
              double lr, double learn_seconds);

/// One step of the loop.
void step(Run& run, const AnyObjective& objective, const gppo::Schedule& schedule) {
    const RlConfig& c = run.config.rl;
    Rollout rollout = roll_out_and_score(run);

    // 3: credit, within each group of completions of one prompt
    rollout.advantage.resize(rollout.reward.size());
    const std::vector<Index> offsets = rollout.offsets();
    objective.advantages({.reward = rollout.reward, .group = rollout.group, .offsets = offsets},
                         rollout.advantage);
    std::vector<Index> kept(rollout.reward.size());
    std::iota(kept.begin(), kept.end(), Index{0});
    if (c.filter_zero_advantage)
        kept = gppo::informative_sequences(View<const float>(rollout.advantage),
                                           View<const Index>(rollout.group));

    // 4: learn, one optimizer step a minibatch
    const Clock clock;
    std::vector<Update> updates;
    double lr = schedule(run.learner.updates);
    if (!kept.empty())
        for (const auto& chosen :
             deal(kept, c.minibatches, static_cast<std::uint64_t>(run.config.run.seed),
                  run.state.step)) {
            lr = schedule(run.learner.updates);
            updates.push_back(learn(run, rollout, objective, chosen, lr));
        }
    log_step(run, rollout, updates, static_cast<Index>(kept.size()), lr, clock.seconds());
}

void log_rollout(gppo::Metrics& metrics, const Rollout& rollout, Index kept) {
    const auto B = static_cast<double>(rollout.judged.size());
    const auto statistics = [&](const std::string& name, const std::vector<float>& values) {
        const auto [low, high] = std::minmax_element(values.begin(), values.end());
        metrics[name + "/mean"] = std::accumulate(values.begin(), values.end(), 0.0) / B;
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

void log_step(Run& run, const Rollout& rollout, const std::vector<Update>& updates, Index kept,
              double lr, double learn_seconds) {
    gppo::Metrics metrics = run.begin_metrics();
    log_rollout(metrics, rollout, kept);
    Update all;
    Index all_tokens = 0;
    for (const Update& u : updates) {
        all.loss.add(u.loss);
        all.seen.add(u.seen);
        all.grad_norm += u.grad_norm, all.entropy += u.entropy, all.tokens += u.tokens;
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
    metrics["actor/lr"] = lr;
    metrics["train/skipped_steps"] = static_cast<double>(run.learner.skipped);
    const double seconds = rollout.seconds + learn_seconds;
    metrics["perf/total_num_tokens"] = static_cast<double>(all_tokens);
    metrics["perf/throughput"] = static_cast<double>(all_tokens) / seconds;
    metrics["timing_s/gen"] = rollout.seconds;
    metrics["timing_s/update_actor"] = learn_seconds;
    metrics["timing_s/step"] = seconds;
    run.log(metrics);
    for (Index i = 0; i < std::min<Index>(run.config.run.samples, 1); ++i)
        run.samples_log.write(sample_of(run.state.global_step, rollout.judged[0], "rl"));
    run.show({.step = run.state.step,
              .total = run.config.rl.steps,
              .reward = *metrics.find("critic/rewards/mean"),
              .pass_rate = *metrics.find("critic/score/mean"),
              .entropy = all.tokens > 0 ? all.entropy / static_cast<double>(all.tokens)
                                        : gppo::ProgressState::unknown,
              .tokens_per_second = static_cast<double>(all_tokens) / seconds});
}

AnyObjective make_objective(const RlConfig& c) {
    AnyObjective objective;
    objective.estimate = make_estimator(c.advantage, c.advantage_params);
    gppo::expects(!per_token(objective.estimate) &&
                      !std::holds_alternative<gppo::ReMax>(objective.estimate) &&
                      !std::holds_alternative<gppo::Gdpo>(objective.estimate),
                  [&] {
                      return "rl.advantage " + c.advantage +
                             " needs more than a reward for each completion: values, token "
                             "rewards, a greedy baseline or reward channels, which `gppo rl` does "
                             "not make; `gppo loss` takes them";
                  });
    objective.clip = make_policy(c.policy, c.policy_params);
    objective.aggregate = make_aggregation(c.aggregation, c.aggregation_params);
    objective.kl = make_kl(c.kl);
    objective.kl_coefficient = static_cast<float>(c.kl_coef);
    objective.entropy.coefficient = static_cast<float>(c.entropy_coef);
    objective.positives.coefficient = static_cast<float>(c.positive_coef);
    return objective;
}

void rl(const Config& config, const StageOptions& options) {
    Run run(config, "rl", options);
    const RlConfig& c = config.rl;
    if (run.already_done(c.steps)) return;
    const AnyObjective objective = make_objective(c);
    if (objective.kl.kind != AnyKl::Kind::none && objective.kl_coefficient != 0)
        run.keep_reference();
    const gppo::Schedule schedule{.lr = c.lr,
                                  .lr_min = c.lr_min,
                                  .warmup = c.warmup,
                                  .total = c.steps * c.minibatches,
                                  .decay = gppo::decay_from_name(c.schedule)};
    const auto& evaluations = run.state.evaluations;
    if (run.state.step == 0 && !evaluations.contains("after sft") &&
        !evaluations.contains("before rl"))
        evaluate(run, "before rl");
    while (run.state.step < c.steps && !run.interrupted()) {
        run.next_step();
        step(run, objective, schedule);
        if (c.eval_every > 0 && run.state.step % c.eval_every == 0 && run.state.step < c.steps)
            evaluate(run, "rl");
        if (run.due_for_saving() && run.state.step < c.steps) run.save();
    }
    if (run.state.step >= c.steps) {
        evaluate(run, "after rl");
        run.state.done = true;
    }
    run.finish();
}

}  // namespace

void add_rl_command(CLI::App& app) {
    add_stage_command(app, "rl", "Train by reinforcement learning with verified rewards", rl);
}
