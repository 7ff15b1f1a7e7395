// SPDX-License-Identifier: Apache-2.0
//
// What one step of `gppo rl` passes along: the rollout, and what each optimizer step on it saw.
#pragma once

#include "any_objective.hpp"
#include "evaluate.hpp"
#include "run.hpp"

#include <cmath>
#include <cstdint>
#include <vector>

/// One rollout: B = prompts x group completions, their rewards and their credit.
struct Rollout {
    std::vector<std::vector<Example>> rounds;  // (prompts) each, see rl.resample_max
    std::vector<Index> places;                 // (rounds x prompts), see Feed::place_of
    Index first_request = 0;                   // of the first prompt
    Index policy = 0;                          // steps that the policy that sampled had behind it
    float temperature = 1;
    std::vector<Judged> judged;      // (B)
    std::vector<Index> group;        // (B)
    std::vector<float> reward;       // (B)
    std::vector<float> advantage;    // (B), or (T) by token; 0 where no verifier could judge
    std::vector<std::uint8_t> mask;  // (T), 0: a tool wrote it; empty without tools
    std::vector<float> logp_old;     // (T): the trainer's where a correction needs both
    std::vector<float> entropy_old;  // (T), where the policy looks at it
    std::vector<float> baseline;     // (B): ReMax's, the reward of the greedy completion
    std::vector<float> values;       // (T): the critic's, with GAE
    std::vector<float> returns;      // (T): what it should have said
    std::vector<float> logp_ref;     // (T), where a KL is taken off the reward
    double reward_kl = 0, reward_kl_coef = 0;
    std::vector<std::uint8_t> positive;  // (B)
    double seconds = 0;
    double hidden = 0;  // of them, those that passed while a step trained

    /// Where the tokens of each completion start, (B + 1).
    std::vector<Index> offsets() const {
        std::vector<Index> starts{0};
        for (const Judged& each : judged)
            starts.push_back(starts.back() + static_cast<Index>(each.completion.tokens.size()));
        return starts;
    }
    /// The largest advantage of each sequence's tokens, (B): 0 where nothing is to be learnt.
    std::vector<float> strength() const {
        if (advantage.size() == judged.size()) return advantage;
        std::vector<float> largest;
        const std::vector<Index> starts = offsets();
        for (std::size_t b = 0; b < judged.size(); ++b) {
            largest.push_back(0.0f);
            for (auto t = static_cast<std::size_t>(starts[b]);
                 t < static_cast<std::size_t>(starts[b + 1]); ++t)
                if (!(std::abs(advantage[t]) <= std::abs(largest.back())))
                    largest.back() = advantage[t];
        }
        return largest;
    }
    std::vector<float> column(auto value) const {
        std::vector<float> out;
        for (const Judged& each : judged) out.push_back(static_cast<float>(value(each)));
        return out;
    }
};

/// What an optimizer step saw.
struct Update {
    gppo::Loss loss;
    gppo::Diagnostics seen;
    double grad_norm = 0, entropy = 0, mismatch_max = 0, mismatch_kl = 0;
    double value_loss = 0, value_clipped = 0, value_norm = 0;  // of the critic
    double masked_gradient = 0;  // the largest that reached a token which a tool wrote
    Index tokens = 0;
};

/// 1 and 2: completions under the policy that `complete` samples from, and one number for each.
Rollout roll_out(Run& run, const Complete& complete, Index step);

/// What sampling a rollout needs, and what becomes of the completions of one round.
Sampler rollout_sampler(Run& run, const Complete& complete, float temperature);
void take_round(const Config& config, std::vector<Judged> judged, Rollout& rollout);

/// The largest number of groups that train: those beyond what rl.resample_max was to find go.
void limit_groups(const RlConfig& c, const Rollout& rollout, std::vector<Index>& kept);

/// Tries the rows that curriculum.measure asks for, before the first step.
void measure_rows(Run& run);

/// [rl] asks for a KL in the reward.
bool takes_kl_off(const RlConfig& c);

/// What the policy reads beside log-probs and advantages.
inline gppo::Traits traits_of(const AnyPolicy& policy) {
    return std::visit([]<class C>(const C&) { return gppo::traits_of<C>(); }, policy);
}

/// Fills logp_old, and entropy_old and logp_ref where they are needed.
void score_tokens(Run& run, Rollout& rollout, const AnyObjective& objective);

/// Adds a baseline: the reward of one greedy completion a prompt.
void add_greedy_baseline(Rollout& rollout, Sampler sampler, const std::vector<Example>& examples,
                         Index group, std::uint64_t first_request);

/// Fills the critic's values.
void add_values(Run& run, Rollout& rollout);

/// One optimizer step of the critic on the sequences `chosen` of the rollout.
void learn_values(Run& run, const Rollout& rollout, const std::vector<Index>& chosen, double lr,
                  Update& update);

/// How much of the returns of `sequences` the critic foresaw, at most 1.
double explained_variance(const Rollout& rollout, const std::vector<Index>& sequences);

/// Fills the advantages.
void give_credit(Run& run, Rollout& rollout, const AnyObjective& objective);

/// The sequences of groups that teach something, but for those that must not train.
std::vector<Index> sequences_to_train(const Config& config, const Rollout& rollout);

/// Skywork-OR1's controller: sets the weight of the entropy bonus from the rollout's entropy.
void steer_entropy(Run& run, const Rollout& rollout, AnyObjective& objective);

/// One optimizer step on the sequences `chosen` of the rollout.
Update learn(Run& run, const Rollout& rollout, const AnyObjective& objective,
             const std::vector<Index>& chosen, double lr);

/// Metrics, a sample and the progress line. `kept` sequences were trained on, the last update had
/// the rate `lr`.
void log_step(Run& run, const Rollout& rollout, const std::vector<Update>& updates,
              const std::vector<Index>& trained, double lr, double learn_seconds);
