// SPDX-License-Identifier: Apache-2.0
//
// What credit is measured against beside the rest of the group: a critic's values (PPO with GAE),
// or the reward of the greedy completion (ReMax).
#include "rl_step.hpp"

#include <gppo/advantage/value_loss.hpp>

#include <algorithm>

namespace {

bool is_own(const Rollout& rollout, std::size_t t) {
    return rollout.mask.empty() || rollout.mask[t] != 0;
}

std::vector<Lesson> lessons_of(const Rollout& rollout, const std::vector<Index>& chosen) {
    std::vector<Lesson> lessons;
    for (const Index b : chosen) {
        const Judged& each = rollout.judged[static_cast<std::size_t>(b)];
        lessons.push_back({each.example->prompt, each.completion.tokens});
    }
    return lessons;
}

/// Their tokens in the rollout, and where those of each begin among them.
std::vector<Index> tokens_of(const Rollout& rollout, const std::vector<Index>& chosen,
                             std::vector<std::size_t>* begins = nullptr /*(B)*/) {
    const std::vector<Index> starts = rollout.offsets();
    std::vector<Index> tokens;
    for (const Index b : chosen) {
        if (begins != nullptr) begins->push_back(tokens.size());
        for (Index t = starts[static_cast<std::size_t>(b)];
             t < starts[static_cast<std::size_t>(b) + 1]; ++t)
            tokens.push_back(t);
    }
    return tokens;
}

}  // namespace

void add_greedy_baseline(Rollout& rollout, Sampler sampler, const std::vector<Example>& examples,
                         Index group, std::uint64_t first_request) {
    sampler.sampling.greedy = true;
    const std::vector<Judged> greedy = sampler(examples, 1, first_request);
    for (const Judged& each : greedy)
        rollout.baseline.insert(rollout.baseline.end(), static_cast<std::size_t>(group),
                                each.score.score);
}

void add_values(Run& run, Rollout& rollout) {
    std::vector<Index> all(rollout.judged.size());
    for (std::size_t b = 0; b < all.size(); ++b) all[b] = static_cast<Index>(b);
    const std::vector<Lesson> lessons = lessons_of(rollout, all);
    const std::vector<Index> starts = rollout.offsets();
    rollout.values.assign(static_cast<std::size_t>(starts.back()), 0.0f);
    std::vector<float> values;
    const Turn turn(run, run.scores->model, "critic");
    for_own_microbatches(*run.ranks, lessons, run.config.rl.microbatch_tokens, run.packed,
                         [&](Index first, gppo::PackedBatch& packed) {
                             values.resize(packed.rows.size());
                             run.scores->forward(packed, packed.rows, values);
                             std::copy(
                                 values.begin(), values.end(),
                                 rollout.values.begin() + starts[static_cast<std::size_t>(first)]);
                         });
    run.ranks->sum(gppo::View<float>(rollout.values));  // elsewhere they are zero
}

void learn_values(Run& run, const Rollout& rollout, const std::vector<Index>& chosen, double lr,
                  Update& update) {
    const RlConfig& c = run.config.rl;
    const gppo::ValueLoss loss{static_cast<float>(c.critic_value_clip)};
    const std::vector<Lesson> lessons = lessons_of(rollout, chosen);
    std::vector<std::size_t> begins;
    const std::vector<Index> tokens = tokens_of(rollout, chosen, &begins);
    const auto own = [&](Index t) { return is_own(rollout, static_cast<std::size_t>(t)); };
    const auto count = static_cast<double>(std::count_if(tokens.begin(), tokens.end(), own));
    const Turn turn(run, run.scores->model, "critic");
    run.scores->zero_gradients();
    std::vector<float> values, dvalues;
    double value_loss = 0, clipped = 0;
    for_own_microbatches(
        *run.ranks, lessons, c.microbatch_tokens, run.packed,
        [&](Index first, gppo::PackedBatch& packed) {
            values.resize(packed.rows.size()), dvalues.assign(packed.rows.size(), 0.0f);
            run.scores->forward(packed, packed.rows, values);
            for (std::size_t i = 0; i < values.size(); ++i) {
                const auto t =
                    static_cast<std::size_t>(tokens[begins[static_cast<std::size_t>(first)] + i]);
                if (!is_own(rollout, t)) continue;
                const auto term = loss(values[i], rollout.values[t], rollout.returns[t]);
                dvalues[i] = static_cast<float>(static_cast<double>(term.weight) / count);
                value_loss += static_cast<double>(term.value) / count;
                clipped +=
                    (term.weight == 0.0f && values[i] != rollout.returns[t] ? 1.0 : 0.0) / count;
            }
            run.scores->backward(dvalues);
        });
    update.value_loss = run.ranks->sum(value_loss), update.value_clipped = run.ranks->sum(clipped);
    update.value_norm = run.scores->update(adamw_options(c, lr), c.clip_norm);
}

/// 1 - Var(R - V) / Var(R): 1 where the critic foresees every return, 0 where a constant would do
/// as well.
double explained_variance(const Rollout& rollout, const std::vector<Index>& sequences) {
    double n = 0, sum = 0, squares = 0, error = 0, errors = 0;
    for (const Index at : tokens_of(rollout, sequences)) {
        const auto t = static_cast<std::size_t>(at);
        if (!is_own(rollout, t)) continue;
        const auto target = static_cast<double>(rollout.returns[t]);
        const double off = target - static_cast<double>(rollout.values[t]);
        n += 1, sum += target, squares += target * target, error += off, errors += off * off;
    }
    const double variance = squares - sum * sum / n, left = errors - error * error / n;
    return n > 0 && variance > 1e-12 * n ? 1 - left / variance : 0.0;
}
