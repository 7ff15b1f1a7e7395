// SPDX-License-Identifier: Apache-2.0
//
// The third line of the pseudo-code: from rewards to advantages, and which sequences train.
#include "rl_step.hpp"

#include <gppo/advantage/informative.hpp>
#include <gppo/kl/in_reward.hpp>
#include <gppo/reward/truncation.hpp>
#include <gppo/reward/varied.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

namespace {

using gppo::View;

/// Log-probs of every completion under `model`, (T), and the entropies where they are wanted.
std::vector<float> log_probs(Run& run, const Rollout& rollout, Model& model,
                             std::vector<float>* entropies = nullptr /*(T)*/) {
    const RlConfig& c = run.config.rl;
    std::vector<Lesson> lessons;
    for (const Judged& each : rollout.judged)
        lessons.push_back({each.example->prompt, each.completion.tokens});
    const std::vector<Index> starts = rollout.offsets();
    std::vector<float> all(static_cast<std::size_t>(starts.back())), logp, entropy;
    if (entropies != nullptr) entropies->assign(all.size(), 0.0f);
    for_own_microbatches(*run.ranks, lessons, c.microbatch_tokens, run.packed,
                         [&](Index first, gppo::PackedBatch& packed) {
                             logp.resize(packed.targets.size());
                             entropy.resize(entropies != nullptr ? logp.size() : 0);
                             forward(model, packed, rollout.temperature, logp, entropy);
                             const Index at = starts[static_cast<std::size_t>(first)];
                             std::copy(logp.begin(), logp.end(), all.begin() + at);
                             if (entropies != nullptr)
                                 std::copy(entropy.begin(), entropy.end(), entropies->begin() + at);
                         });
    run.ranks->sum(View<float>(all));  // elsewhere they are zero
    if (entropies != nullptr) run.ranks->sum(View<float>(*entropies));
    return all;
}

/// What the estimator sees: the completions that a verifier could judge.
struct Usable {
    std::vector<Index> sequence, group, offsets{0}, token;  // (B'), (B'), (B' + 1), (T')
    std::vector<float> reward, channels, token_reward;      // (B'), (B', C), (T')
    std::vector<std::uint8_t> mask;                         // (T') or empty
    std::vector<float> baseline, value, returns;            // (B'), (T'), (T') or empty

    explicit Usable(const Rollout& rollout) {
        const std::vector<Index> starts = rollout.offsets();
        for (std::size_t b = 0; b < rollout.judged.size(); ++b) {
            const Judged& each = rollout.judged[b];
            if (!gppo::trains(each.score)) continue;
            if (!rollout.mask.empty())
                mask.insert(mask.end(), each.completion.mask.begin(), each.completion.mask.end());
            sequence.push_back(static_cast<Index>(b));
            group.push_back(rollout.group[b]);
            reward.push_back(rollout.reward[b]);
            if (!rollout.baseline.empty()) baseline.push_back(rollout.baseline[b]);
            channels.insert(channels.end(), each.parts.begin(), each.parts.end());
            for (Index t = starts[b]; t < starts[b + 1]; ++t) token.push_back(t);
            offsets.push_back(static_cast<Index>(token.size()));
        }
        if (!rollout.values.empty()) value = tokens_of(rollout.values);
        returns.resize(value.size());
    }
    std::vector<float> tokens_of(const std::vector<float>& all) const {
        std::vector<float> out;
        for (const Index t : token) out.push_back(all[static_cast<std::size_t>(t)]);
        return out;
    }
    gppo::Feedback<> feedback() {
        gppo::Feedback<> all{.reward = reward, .group = group, .offsets = offsets, .mask = mask};
        all.baseline = baseline, all.value = value, all.returns = returns;
        return all;
    }
};

/// Takes the KL off the rewards of the tokens, and moves its weight where a target is set.
void lower_rewards(Run& run, Rollout& rollout, Usable& usable) {
    const RlConfig& c = run.config.rl;
    usable.token_reward = gppo::token_rewards(usable.feedback());
    const gppo::KlInReward<AnyKl> kl{make_kl(c.reward_kl),
                                     static_cast<float>(run.state.reward_kl_coef)};
    const std::vector<float> old = usable.tokens_of(rollout.logp_old),
                             reference = usable.tokens_of(rollout.logp_ref);
    rollout.reward_kl = kl(View<const float>(old), reference, usable.offsets,
                           View<const std::uint8_t>(usable.mask), usable.token_reward);
    rollout.reward_kl_coef = run.state.reward_kl_coef;
    if (c.reward_kl_target > 0)
        run.state.reward_kl_coef =
            gppo::AdaptiveKl{.target = c.reward_kl_target, .horizon = c.reward_kl_horizon}(
                run.state.reward_kl_coef, rollout.reward_kl,
                static_cast<Index>(usable.sequence.size()));
}

/// Without the mask a tool's tokens are treated as if the model had sampled them.
void learn_tool_tokens(Rollout& rollout) {
    auto logp = rollout.logp_old.begin();
    for (Judged& each : rollout.judged)
        for (std::size_t t = 0; t < each.completion.logp.size(); ++t, ++logp)
            if (!each.completion.sampled(static_cast<Index>(t))) each.completion.logp[t] = *logp;
}

}  // namespace

bool takes_kl_off(const RlConfig& c) {
    return c.reward_kl != "none" && c.reward_kl_coef != 0;
}

void score_tokens(Run& run, Rollout& rollout, const AnyObjective& objective) {
    const bool entropy = traits_of(objective.clip).reads_entropy;
    const bool unmasked = run.tool && !run.config.tools.masked;
    // Where a rollout is a step old, the policy that sampled is not the one in training.
    // M2PO looks at how far they are apart; at other times they are alike but for rounding.
    const bool both = objective.correction.needs_rollout() ||
                      (run.config.rl.pipeline &&
                       std::holds_alternative<gppo::M2po<gppo::PpoClip>>(objective.clip));
    const bool old = run.config.rl.pipeline && !both;
    std::vector<float> now;
    if (entropy || both || unmasked || (uses_server(run.config.rollout) && !old))
        now = log_probs(run, rollout, run.learner.model, entropy ? &rollout.entropy_old : nullptr);
    if (!now.empty() && !old)
        rollout.logp_old = std::move(now);
    else
        for (const Judged& each : rollout.judged)
            rollout.logp_old.insert(rollout.logp_old.end(), each.completion.logp.begin(),
                                    each.completion.logp.end());
    if (unmasked) learn_tool_tokens(rollout);
    if (!takes_kl_off(run.config.rl)) return;
    const Turn turn(run, *run.reference, "reference");
    rollout.logp_ref = log_probs(run, rollout, *run.reference);
}

void steer_entropy(Run& run, const Rollout& rollout, AnyObjective& objective) {
    const RlConfig& c = run.config.rl;
    if (c.entropy_target <= 0 || rollout.logp_old.empty()) return;
    double surprise = 0, tokens = 0;
    for (std::size_t t = 0; t < rollout.logp_old.size(); ++t) {
        if (!rollout.mask.empty() && rollout.mask[t] == 0) continue;
        surprise -= static_cast<double>(rollout.logp_old[t]), tokens += 1;
    }
    const double entropy = surprise / std::max(tokens, 1.0);
    const gppo::AdaptiveEntropy control{
        .target = c.entropy_target, .step = c.entropy_step, .high = c.entropy_max};
    run.state.entropy = control(run.state.entropy, entropy);
    objective.entropy.coefficient = run.state.entropy.applied();
}

/// A completion that no verifier could judge is no part of its group: it gets 0.
void give_credit(Run& run, Rollout& rollout, const AnyObjective& objective) {
    Usable usable(rollout);
    const bool by_token = per_token(objective.estimate);
    rollout.advantage.assign(by_token ? rollout.logp_old.size() : rollout.judged.size(), 0.0f);
    if (usable.sequence.empty()) return;
    if (takes_kl_off(run.config.rl)) lower_rewards(run, rollout, usable);
    gppo::Feedback<> feedback = usable.feedback();
    if (!usable.token_reward.empty()) {
        feedback.reward = {};
        feedback.token_reward = usable.token_reward;
    }
    if (std::holds_alternative<gppo::Gdpo>(objective.estimate)) feedback.channels = usable.channels;
    const std::vector<Index>& place = by_token ? usable.token : usable.sequence;
    std::vector<float> advantage(place.size());
    objective.advantages(feedback, advantage);
    for (std::size_t i = 0; i < place.size(); ++i)
        rollout.advantage[static_cast<std::size_t>(place[i])] = advantage[i];
    rollout.returns.assign(rollout.values.size(), 0.0f);
    for (std::size_t i = 0; i < usable.returns.size(); ++i)
        rollout.returns[static_cast<std::size_t>(usable.token[i])] = usable.returns[i];
}

/// The sequences of groups that teach something, but for those whose verifier failed and, where
/// [reward] says so, those that were cut off.
std::vector<Index> sequences_to_train(const Config& config, const Rollout& rollout) {
    const RlConfig& c = config.rl;
    std::vector<Index> usable, group;
    std::vector<float> channel;
    const std::vector<float> strength = rollout.strength();
    for (std::size_t b = 0; b < rollout.judged.size(); ++b) {
        const gppo::Score& score = rollout.judged[b].score;
        if (!gppo::trains(score)) continue;
        usable.push_back(static_cast<Index>(b));
        group.push_back(rollout.group[b]);
        channel.push_back(c.filter_channel == "advantage"
                              ? strength[b]
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
