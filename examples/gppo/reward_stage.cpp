// SPDX-License-Identifier: Apache-2.0
//
// gppo reward, and stages of kind reward: a reward model from pairs of answers, by Bradley-Terry.
// It starts from the policy that run.dir holds and lives in run.dir/reward, beside it.
#include "commands.hpp"
#include "evaluate.hpp"
#include "inference.hpp"
#include "preference_data.hpp"
#include "stages.hpp"

#include <gppo/data/loader.hpp>
#include <gppo/model/stored_tensor.hpp>
#include <gppo/reward/bradley_terry.hpp>
#include <gppo/text/tokenizer_files.hpp>
#include <gppo/train/schedule.hpp>

#include <cstdio>

namespace {

/// What a pass over pairs found.
struct Preferences {
    double loss = 0, right = 0, lead = 0;
    Index pairs = 0;

    double accuracy() const { return right / static_cast<double>(std::max<Index>(pairs, 1)); }
    void add(gppo::Term<float> term, float chosen, float rejected) {
        loss += static_cast<double>(term.value);
        // A tie is half right: a head of zeros knows nothing.
        right += chosen > rejected ? 1.0 : chosen == rejected ? 0.5 : 0.0;
        lead += static_cast<double>(chosen) - static_cast<double>(rejected);
        ++pairs;
    }
};

Preferences of_all_ranks(Ranks& ranks, const Preferences& own) {
    Preferences sum;
    for (const Preferences& each : ranks.gather_values(own)) {
        sum.loss += each.loss, sum.right += each.right, sum.lead += each.lead;
        sum.pairs += each.pairs;
    }
    return sum;
}

/// The chosen and the rejected answer of every pair, one after the other.
std::vector<Lesson> both_of(const std::vector<const PreferencePair*>& pairs) {
    std::vector<Lesson> sequences;
    for (const PreferencePair* pair : pairs) {
        sequences.push_back({pair->prompt, pair->chosen});
        sequences.push_back({pair->prompt, pair->rejected});
    }
    return sequences;
}

/// What a micro-batch takes of each pair.
std::vector<Index> pair_lengths(const std::vector<const PreferencePair*>& pairs) {
    std::vector<Index> lengths;
    for (const PreferencePair* pair : pairs)
        lengths.push_back(static_cast<Index>(2 * pair->prompt.size() + pair->chosen.size() +
                                             pair->rejected.size()));
    return lengths;
}

/// This rank's part of pairs that all ranks know.
std::vector<const PreferencePair*> own_part(const Run& run,
                                            const std::vector<const PreferencePair*>& pairs) {
    const Share own = run.ranks->share_by(pair_lengths(pairs));
    const auto first = pairs.begin() + own.first;
    return {first, first + own.count};
}

/// The scores of both answers of every pair, which the ranks share out.
std::vector<float> scores_of_pairs(Run& run, const std::vector<const PreferencePair*>& pairs) {
    const std::vector<float> own = score_sequences(*run.scores, both_of(own_part(run, pairs)),
                                                   run.config.reward_model.microbatch_tokens);
    std::vector<float> all;
    for (const std::string& bytes : run.ranks->gather(gppo::bytes_of(own))) {
        const auto before = all.size();
        all.resize(before + bytes.size() / sizeof(float));
        bytes.copy(reinterpret_cast<char*>(all.data() + before), bytes.size());
    }
    return all;
}

Preferences measure(Run& run, const std::vector<const PreferencePair*>& pairs) {
    const gppo::BradleyTerry loss{static_cast<float>(run.config.reward_model.margin)};
    const std::vector<float> scores = scores_of_pairs(run, pairs);
    Preferences seen;
    for (std::size_t i = 0; i + 1 < scores.size(); i += 2)
        seen.add(loss(scores[i], scores[i + 1]), scores[i], scores[i + 1]);
    return seen;
}

/// Gradients of the mean loss of `pairs` are left in the model, those of this rank's part of them.
/// A pair is never cut in two.
Preferences learn_pairs(Run& run, const std::vector<const PreferencePair*>& pairs) {
    const RewardModelConfig& c = run.config.reward_model;
    const gppo::BradleyTerry loss{static_cast<float>(c.margin)};
    const std::vector<const PreferencePair*> own = own_part(run, pairs);
    const std::vector<Lesson> sequences = both_of(own);
    const std::vector<Index> lengths = pair_lengths(own);
    const auto first =
        gppo::token_budgeted_runs(gppo::View<const Index>(lengths), c.microbatch_tokens);
    const float share = 1.0f / static_cast<float>(pairs.size());
    Preferences seen;
    run.scores->zero_gradients();
    std::vector<float> scores, dscores;
    for (std::size_t part = 0; part + 1 < first.size(); ++part) {
        const auto from = static_cast<std::size_t>(2 * first[part]);
        const auto to = static_cast<std::size_t>(2 * first[part + 1]);
        pack_whole(std::span(sequences).subspan(from, to - from), run.packed);
        const auto rows = gppo::last_rows(run.packed.offsets);
        scores.resize(rows.size()), dscores.resize(rows.size());
        run.scores->forward(run.packed, rows, scores);
        for (std::size_t i = 0; i < scores.size(); i += 2) {
            const auto term = loss(scores[i], scores[i + 1]);
            seen.add(term, scores[i], scores[i + 1]);
            dscores[i] = share * term.weight, dscores[i + 1] = -dscores[i];
        }
        run.scores->backward(dscores);
    }
    return of_all_ranks(*run.ranks, seen);
}

struct Pairs {
    std::vector<PreferencePair> all;
    std::vector<const PreferencePair*> training, held_out;

    explicit Pairs(std::vector<PreferencePair> given) : all(std::move(given)) {
        for (const PreferencePair& pair : all)
            (pair.held_out ? held_out : training).push_back(&pair);
        gppo::expects(!training.empty(),
                      "every pair is held out: lower reward_model.held_out or take more pairs");
    }
};

/// The accuracy on pairs it was not trained on.
void measure_held_out(Run& run, const Pairs& pairs) {
    if (pairs.held_out.empty()) return;
    const Preferences seen = measure(run, pairs.held_out);
    gppo::Metrics metrics = run.begin_metrics();
    metrics.stage = "eval";
    metrics["val/pairs/accuracy"] = seen.accuracy();
    metrics["val/pairs/loss"] = seen.loss / static_cast<double>(seen.pairs);
    metrics["val/pairs/margin"] = seen.lead / static_cast<double>(seen.pairs);
    run.log(metrics);
    char text[120];
    std::snprintf(text, sizeof text, "\nheld-out pairs  %5.1f %% right, %lld pairs\n",
                  100 * seen.accuracy(), static_cast<long long>(seen.pairs));
    if (run.state.step == 0 || run.state.step == run.config.reward_model.steps) run.say(text);
}

void step_pairs(Run& run, const Pairs& pairs, const gppo::Schedule& schedule) {
    const RewardModelConfig& c = run.config.reward_model;
    const Clock clock;
    std::vector<const PreferencePair*> batch;
    const auto count = pairs.training.size();
    for (Index i = 0; i < c.batch; ++i, ++run.state.position) {
        const auto place = static_cast<std::uint64_t>(run.state.position);
        const auto order =
            gppo::epoch_order(static_cast<Index>(count),
                              static_cast<std::uint64_t>(run.config.run.seed), place / count);
        batch.push_back(pairs.training[static_cast<std::size_t>(order[place % count])]);
    }
    const double lr = schedule(run.scores->count.updates);
    const Preferences seen = learn_pairs(run, batch);
    const double norm = run.scores->update(adamw_options(c, lr), c.clip_norm);
    gppo::Metrics metrics = run.begin_metrics();
    metrics["reward_model/loss"] = seen.loss / static_cast<double>(seen.pairs);
    metrics["reward_model/accuracy"] = seen.accuracy();
    metrics["reward_model/margin"] = seen.lead / static_cast<double>(seen.pairs);
    metrics["reward_model/grad_norm"] = norm;
    metrics["reward_model/lr"] = lr;
    metrics["timing_s/step"] = clock.seconds();
    run.log(metrics);
    run.show({.step = run.state.step,
              .total = c.steps,
              .pass_rate = seen.accuracy(),
              .loss = *metrics.find("reward_model/loss")});
}

void write_reward_model(Run& run, const Pairs& pairs) {
    const std::vector<float> scores = scores_of_pairs(run, pairs.held_out);
    if (!run.ranks->leads()) return;
    run.scores->save(run.config.run.dir + "/reward_model", gppo::tokenizer_files(run.tokenizer));
    std::string lines;
    for (std::size_t i = 0; i < pairs.held_out.size(); ++i) {
        const PreferencePair& p = *pairs.held_out[i];
        const nlohmann::ordered_json row = {{"prompt_ids", p.prompt},
                                            {"chosen_ids", p.chosen},
                                            {"rejected_ids", p.rejected},
                                            {"chosen_score", scores[2 * i]},
                                            {"rejected_score", scores[2 * i + 1]}};
        lines += row.dump() + '\n';
    }
    gppo::write_file(run.config.run.dir + "/held_out_scores.jsonl", lines);
}

/// After the last step: the reward model, and how well it chooses.
void end_reward(Run& run, const Pairs& pairs) {
    measure_held_out(run, pairs);
    write_reward_model(run, pairs);
    run.grader.use_model([&run](std::span<const Judged> judged) {
        return score_sequences(*run.scores, sequences_of(judged),
                               run.config.reward_model.microbatch_tokens);
    });
    evaluate(run, "after " + run.state.stage);  // best of eval.samples against their mean
    run.state.done = true;
}

/// What a stage before it trained counts, not what that one began with. Rank 0 alone has run.dir.
std::string policy_of(const Config& given, const StageOptions& options, bool leads) {
    const std::string trained = given.run.dir + "/model";
    if (!options.after.empty()) return trained;
    if (leads) return model_directory(given);
    return given.model.path.empty() ? trained : given.model.path;
}

}  // namespace

void train_reward(const Config& given, const StageOptions& options) {
    Config config = given;
    const auto ranks = Ranks::of_process(std::chrono::seconds(given.run.rank_timeout));
    config.model.path = policy_of(given, options, ranks->leads());
    config.run.dir = given.run.dir + "/reward";
    gppo::expects(config.lora.rank == 0 && config.lora.path.empty(),
                  "gppo reward trains every weight: leave lora.rank at 0");
    StageOptions own = options;
    own.after.clear(), own.before.clear();  // the first and only stage of its directory
    Run run(config, "reward", own);
    const RewardModelConfig& c = config.reward_model;
    if (run.already_done(c.steps)) return;
    const Pairs pairs(preference_data(run));
    const gppo::Schedule schedule = schedule_of(c, c.steps);
    if (run.state.step == 0) measure_held_out(run, pairs);
    while (run.goes_on(c.steps)) {
        run.next_step();
        step_pairs(run, pairs, schedule);
        if (c.eval_every > 0 && run.state.step % c.eval_every == 0 && run.state.step < c.steps)
            measure_held_out(run, pairs);
        if (run.due_for_saving() && run.state.step < c.steps) run.save();
    }
    if (run.state.step >= c.steps) end_reward(run, pairs);
    run.finish();
}

void add_reward_command(CLI::App& app) {
    add_stage_command(app, "reward", "Train a reward model from pairs of answers", train_reward);
}
