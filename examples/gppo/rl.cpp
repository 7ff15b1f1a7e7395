// SPDX-License-Identifier: Apache-2.0
//
// gppo rl: reinforcement learning with verifiable rewards. One step is the paper's pseudo-code:
// roll out, score, credit, learn.
#include "commands.hpp"
#include "rl_ahead.hpp"
#include "rl_step.hpp"
#include "stages.hpp"

#include <gppo/core/philox.hpp>
#include <gppo/train/schedule.hpp>

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>

namespace {

using gppo::View;

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

/// One step of the loop.
void step(Run& run, AnyObjective objective, const gppo::Schedule& schedule) {
    const RlConfig& c = run.config.rl;
    Rollout rollout = next_rollout(run);
    std::optional<Ahead> ahead;
    if (c.pipeline && run.state.step < c.steps) ahead.emplace(run);
    const Clock scoring;
    score_tokens(run, rollout, objective);
    if (run.scores) add_values(run, rollout);

    // 3: credit, within each group of completions of one prompt
    give_credit(run, rollout, objective);
    std::vector<Index> kept = sequences_to_train(run.config, rollout);
    limit_groups(c, rollout, kept);

    // 4: learn, one optimizer step a minibatch
    steer_entropy(run, rollout, objective);
    rollout.seconds += scoring.seconds();
    const Clock clock;
    std::vector<Update> updates;
    double lr = schedule(run.learner.count.updates);
    if (!kept.empty())
        for (const auto& chosen : deal(kept, c.minibatches, run.seed(), run.state.step)) {
            lr = schedule(run.learner.count.updates);
            updates.push_back(learn(run, rollout, objective, chosen, lr));
            if (run.scores) learn_values(run, rollout, chosen, c.critic_lr, updates.back());
        }
    const double learn_seconds = clock.seconds();
    if (ahead) run.pending = std::make_unique<Rollout>(ahead->wait());
    log_step(run, rollout, updates, kept, lr, learn_seconds);
}

/// Refuses, before the first step, what a run cannot give an objective.
void expects_reachable(const AnyObjective& objective, const RlConfig& c, const Grader& grader) {
    gppo::expects(!traits_of(objective.clip).reads_off_policy, [&] {
        return "rl.policy " + c.policy +
               " mixes in sequences that another policy wrote, which `gppo rl` does not have; "
               "`gppo loss` takes them";
    });
    if (std::holds_alternative<gppo::Gdpo>(objective.estimate))
        for (const WeightedPart& part : grader.reward().parts)
            gppo::expects(part.adds(), [&] {
                return "rl.advantage gdpo normalises each part of the reward on its own, and " +
                       part.name + " in reward.parts replaces the others: leave it out";
            });
    gppo::expects(c.reward_kl_target == 0 || (c.reward_kl != "none" && c.reward_kl_coef > 0),
                  "rl.reward_kl_target steers rl.reward_kl_coef: set rl.reward_kl, and a "
                  "coefficient above 0 to start from");
    gppo::expects(c.entropy_target == 0 || c.entropy_coef == 0,
                  "rl.entropy_target makes the weight of the entropy bonus itself: leave "
                  "rl.entropy_coef at 0");
    objective.expects_legal();
}

AnyObjective make_objective(const RlConfig& c, const Grader& grader) {
    AnyObjective objective;
    objective.estimate = make_estimator(c.advantage, c.advantage_params);
    if (auto* gdpo = std::get_if<gppo::Gdpo>(&objective.estimate); gdpo && gdpo->weights.empty())
        for (const WeightedPart& part : grader.reward().parts)
            gdpo->weights.push_back(std::abs(part.weight));  // the sign is in the channel
    objective.clip = make_policy(c.policy, c.policy_params);
    objective.aggregate = make_aggregation(c.aggregation, c.aggregation_params);
    objective.correction = {make_correction(c.correction, c.correction_params),
                            make_correction(c.correction_mask, c.correction_mask_params)};
    objective.kl = make_kl(c.kl);
    objective.kl_coefficient = static_cast<float>(c.kl_coef);
    objective.entropy.coefficient = static_cast<float>(c.entropy_coef);
    objective.positives.coefficient = static_cast<float>(c.positive_coef);
    expects_reachable(objective, c, grader);
    return objective;
}

}  // namespace

void check_rl(const Config& config) {
    gppo::expects(
        config.task.kind == "jsonl" || config.task.rows > 0 || !config.curriculum.active(),
        "[curriculum] chooses among rows, and generated problems never repeat: set task.rows");
    const Grader grader(config.reward, config.sandbox);
    make_objective(config.rl, grader);  // throws where there is none
    if (!config.rl.pipeline) return;
    const char* const other = config.tools.kind != "none"      ? "tools.kind"
                              : config.rl.advantage == "remax" ? "rl.advantage remax"
                              : grader.needs_model()           ? "reward part model"
                                                               : nullptr;
    gppo::expects(other == nullptr, [&] {
        return std::string("rl.pipeline does not go with ") + other +
               ": what was sampled ahead is kept as tokens and log-probs alone";
    });
}

void train_rl(const Config& config, const StageOptions& options) {
    check_rl(config);
    Run run(config, "rl", options);
    const RlConfig& c = config.rl;
    if (run.already_done(c.steps)) return;
    const AnyObjective objective = make_objective(c, run.grader);
    const bool in_loss = objective.kl.kind != AnyKl::Kind::none && objective.kl_coefficient != 0;
    if (in_loss || takes_kl_off(c)) run.keep_reference();
    if (run.state.step == 0) run.state.reward_kl_coef = c.reward_kl_coef;
    const gppo::Schedule schedule = schedule_of(c, c.steps * c.minibatches);
    if (run.state.step == 0) {
        if (!run.enters()) return run.finish();
        measure_rows(run);
        if (!run.feed.begin()) return run.leave("[curriculum] leaves no row to learn from");
    }
    while (run.goes_on(c.steps)) {
        run.next_step();
        step(run, objective, schedule);
        if (run.feed.exhausted()) run.state.early = true;
        if (c.eval_every > 0 && run.state.step % c.eval_every == 0 && run.state.step < c.steps)
            evaluate(run, run.state.stage), run.check_end();
        if (run.due_for_saving() && run.state.step < c.steps && !run.state.early) run.save();
    }
    run.end(c.steps);
}

void add_rl_command(CLI::App& app) {
    add_stage_command(app, "rl", "Train by reinforcement learning with verified rewards", train_rl);
}
