// SPDX-License-Identifier: Apache-2.0
//
// What one step of `gppo rl` passes along: the rollout, and what each optimizer step on it saw.
#pragma once

#include "any_objective.hpp"
#include "evaluate.hpp"
#include "run.hpp"

#include <cstdint>
#include <vector>

/// One rollout: B = prompts x group completions, their rewards and their credit.
struct Rollout {
    std::vector<Example> examples;       // (prompts)
    std::vector<Judged> judged;          // (B)
    std::vector<Index> group;            // (B)
    std::vector<float> reward;           // (B)
    std::vector<float> advantage;        // (B), or (T) by token; 0 where no verifier could judge
    std::vector<float> logp_old;         // (T), the trainer's, where a correction needs both
    std::vector<std::uint8_t> positive;  // (B)
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

/// What an optimizer step saw.
struct Update {
    gppo::Loss loss;
    gppo::Diagnostics seen;
    double grad_norm = 0, entropy = 0, mismatch_max = 0, mismatch_kl = 0;
    Index tokens = 0;
};

/// One optimizer step on the sequences `chosen` of the rollout.
Update learn(Run& run, const Rollout& rollout, const AnyObjective& objective,
             const std::vector<Index>& chosen, double lr);

/// Metrics, a sample and the progress line. `kept` sequences were trained on, the last update had
/// the rate `lr`.
void log_step(Run& run, const Rollout& rollout, const std::vector<Update>& updates, Index kept,
              double lr, double learn_seconds);
