// SPDX-License-Identifier: Apache-2.0
//
// gppo rl: reinforcement learning with verifiable rewards. One step is the paper's pseudo-code:
// roll out, score, credit, learn.
#include "commands.hpp"
#include "rl_step.hpp"

#include <gppo/advantage/informative.hpp>
#include <gppo/core/philox.hpp>
#include <gppo/reward/truncation.hpp>
#include <gppo/reward/varied.hpp>
#include <gppo/train/schedule.hpp>

#include <algorithm>
#include <numeric>

namespace {

using gppo::View;

/// 1 and 2: completions under the policy that is about to change, and one number for each.
Rollout roll_out_and_score(Run& run) {
    const RlConfig& c = run.config.rl;
    const Clock clock;
    Rollout rollout;
    const auto first_request = static_cast<std::uint64_t>(run.state.position);
    for (Index p = 0; p < c.prompts; ++p)
        rollout.examples.push_back(run.task.training(rl_stream, run.state.position++));
    const Sampler sampler{run.decoder(),    run.tokenizer,
                          run.grader,       sampling_of(c, run.tokenizer),
                          c.max_new_tokens, static_cast<std::uint64_t>(run.config.run.seed)};
    rollout.judged = sampler(rollout.examples, c.group, first_request);
    const gppo::Channel positives = gppo::channel_from(c.positive_channel);
    for (std::size_t b = 0; b < rollout.judged.size(); ++b) {
        const Judged& each = rollout.judged[b];
        rollout.group.push_back(static_cast<Index>(b) / c.group);
        rollout.reward.push_back(each.score.score);
        rollout.positive.push_back(static_cast<double>(gppo::value_of(each.score, positives)) >=
                                   c.positive_from);
    }
    rollout.seconds = clock.seconds();
    return rollout;
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

/// Advantages. A completion that no verifier could judge is no part of its group: it gets 0.
void give_credit(Rollout& rollout, const AnyObjective& objective) {
    std::vector<Index> judged, group, offsets{0};
    std::vector<float> reward;
    for (std::size_t b = 0; b < rollout.judged.size(); ++b) {
        const Judged& each = rollout.judged[b];
        if (!gppo::trains(each.score)) continue;
        judged.push_back(static_cast<Index>(b));
        group.push_back(rollout.group[b]);
        reward.push_back(rollout.reward[b]);
        offsets.push_back(offsets.back() + static_cast<Index>(each.completion.tokens.size()));
    }
    rollout.advantage.assign(rollout.judged.size(), 0.0f);
    if (judged.empty()) return;
    std::vector<float> advantage(judged.size());
    objective.advantages({.reward = reward, .group = group, .offsets = offsets}, advantage);
    for (std::size_t i = 0; i < judged.size(); ++i)
        rollout.advantage[static_cast<std::size_t>(judged[i])] = advantage[i];
}

/// The sequences of groups that teach something, but for those whose verifier failed and, where
/// [reward] says so, those that were cut off.
std::vector<Index> sequences_to_train(const Config& config, const Rollout& rollout) {
    const RlConfig& c = config.rl;
    std::vector<Index> usable, group;
    std::vector<float> channel;
    for (std::size_t b = 0; b < rollout.judged.size(); ++b) {
        const gppo::Score& score = rollout.judged[b].score;
        if (!gppo::trains(score)) continue;
        usable.push_back(static_cast<Index>(b));
        group.push_back(rollout.group[b]);
        channel.push_back(c.filter_channel == "advantage"
                              ? rollout.advantage[b]
                              : gppo::value_of(score, gppo::channel_from(c.filter_channel)));
    }
    std::vector<Index> chosen(usable.size());
    std::iota(chosen.begin(), chosen.end(), Index{0});
    if (c.filter_zero_advantage)
        chosen =
            c.filter_channel == "advantage"
                ? gppo::informative_sequences(View<const float>(channel), View<const Index>(group))
                : gppo::varied_sequences(View<const float>(channel), View<const Index>(group));
    std::vector<Index> kept;
    for (const Index i : chosen) {
        const Index b = usable[static_cast<std::size_t>(i)];
        const gppo::Score& score = rollout.judged[static_cast<std::size_t>(b)].score;
        const gppo::Truncation truncation{.mask = config.reward.truncated == "mask"};
        if (truncation.trains(score.truncated)) kept.push_back(b);
    }
    return kept;
}

/// One step of the loop.
void step(Run& run, const AnyObjective& objective, const gppo::Schedule& schedule) {
    const RlConfig& c = run.config.rl;
    Rollout rollout = roll_out_and_score(run);

    // 3: credit, within each group of completions of one prompt
    give_credit(rollout, objective);
    const std::vector<Index> kept = sequences_to_train(run.config, rollout);

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
