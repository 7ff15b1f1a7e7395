// SPDX-License-Identifier: Apache-2.0
//
// advantages(): runs an estimator over an optimizer step. Whatever the estimator looks at (a group,
// a sequence, the whole step), this is the one way in.
#pragma once

#include <gppo/concepts/advantage_estimator.hpp>
#include <gppo/core/batch.hpp>
#include <gppo/core/error.hpp>
#include <gppo/core/feedback.hpp>
#include <gppo/core/view.hpp>

#include <cmath>
#include <concepts>
#include <string>
#include <type_traits>
#include <unordered_map>
#include <vector>

namespace gppo {

/// Throws unless `size` is `expected`. An optional field may be empty.
inline void expects_feedback(const char* field, Index size, Index expected, const char* shape) {
    expects(size == expected || size == 0, [&] {
        return std::string(field) + " has " + std::to_string(size) + " elements, expected " +
               std::to_string(expected) + " (" + shape + ")";
    });
}

/// Throws on a number that is not finite, naming its place.
template <std::floating_point T>
void expects_finite(const char* field, View<const T> values /*(n)*/, const char* of) {
    for (Index i = 0; i < values.size; ++i)
        expects(std::isfinite(values[i]), [&] {
            return std::string(field) + " of " + of + " " + std::to_string(i) + " is " +
                   std::to_string(values[i]) + "; it must be finite";
        });
}

/// Sizes, and that every number is finite.
template <std::floating_point T>
void validate(const Feedback<T>& feedback) {
    const Index sequences = feedback.sequences();
    expects(sequences > 0, "group is empty: the feedback has no sequence");
    expects_feedback("reward", feedback.reward.size, sequences, "B, one per group id");
    expects_feedback("offsets", feedback.offsets.size, sequences + 1, "B + 1");
    if (!feedback.offsets.empty()) expects_offsets(feedback.offsets);
    const Index tokens = feedback.tokens();
    expects_feedback("mask", feedback.mask.size, tokens, "T");
    expects_feedback("baseline", feedback.baseline.size, sequences, "B");
    expects_feedback("token_reward", feedback.token_reward.size, tokens, "T");
    expects_feedback("value", feedback.value.size, tokens, "T");
    expects_feedback("returns", feedback.returns.size, tokens, "T");
    expects(feedback.channels.size % sequences == 0, [&] {
        return "channels has " + std::to_string(feedback.channels.size) + " elements for " +
               std::to_string(sequences) + " sequences: every sequence needs the same number";
    });
    expects(feedback.reward.size + feedback.token_reward.size + feedback.channels.size > 0,
            "the feedback has no rewards: give reward, token_reward or channels");
    expects_finite("reward", feedback.reward, "sequence");
    expects_finite("baseline", feedback.baseline, "sequence");
    expects_finite("reward", feedback.channels, "channel entry");
    expects_finite("reward", feedback.token_reward, "token");
    expects_finite("value", feedback.value, "token");
}

/// Rewards of a batch that is one whole optimizer step.
template <std::floating_point T>
Feedback<T> feedback_of(View<const T> reward /*(B)*/, const Batch<T>& batch) {
    return {.reward = reward, .group = batch.group, .offsets = batch.offsets, .mask = batch.mask};
}

/// The reward of every sequence: the one given, or the sum of its token rewards or channels.
template <std::floating_point T>
std::vector<T> sequence_rewards(const Feedback<T>& feedback) {
    if (!feedback.reward.empty()) return {feedback.reward.begin(), feedback.reward.end()};
    const Index sequences = feedback.sequences();
    const bool by_token = !feedback.token_reward.empty();
    const View<const T> from = by_token ? feedback.token_reward : feedback.channels;
    std::vector<T> rewards;
    for (Index b = 0; b < sequences; ++b) {
        const Index first = by_token ? feedback.offsets[b] : b * from.size / sequences;
        const Index last = by_token ? feedback.offsets[b + 1] : (b + 1) * from.size / sequences;
        double sum = 0.0;
        for (Index i = first; i < last; ++i) sum += static_cast<double>(from[i]);
        rewards.push_back(static_cast<T>(sum));
    }
    return rewards;
}

/// The sequences of each group, in order of first appearance.
inline std::vector<std::vector<Index>> members_of(View<const Index> group /*(B)*/) {
    std::unordered_map<Index, std::size_t> place;
    std::vector<std::vector<Index>> members;
    for (Index b = 0; b < group.size; ++b) {
        const auto [entry, is_new] = place.try_emplace(group[b], members.size());
        if (is_new) members.emplace_back();
        members[entry->second].push_back(b);
    }
    return members;
}

/// What a group estimator sees of some sequences.
template <std::floating_point T>
struct GatheredGroup {
    std::vector<T> rewards, baselines, channels;
    std::vector<Index> lengths;

    void gather(const Feedback<T>& feedback, const std::vector<Index>& sequences) {
        rewards.clear(), baselines.clear(), channels.clear(), lengths.clear();
        const Index width = feedback.channels.size / feedback.sequences();
        for (const Index b : sequences) {
            rewards.push_back(feedback.reward[b]);
            if (!feedback.baseline.empty()) baselines.push_back(feedback.baseline[b]);
            if (!feedback.offsets.empty()) lengths.push_back(feedback.length(b));
            for (Index c = 0; c < width; ++c) channels.push_back(feedback.channels[b * width + c]);
        }
    }
    Group<T> view() const { return {rewards, lengths, baselines, channels}; }
};

/// One call per group; its completions need not be neighbours.
template <class E, std::floating_point T>
void group_advantages(const E& estimate, const Feedback<T>& feedback, View<T> advantage /*(B)*/) {
    GatheredGroup<T> gathered;
    std::vector<T> result;
    for (const std::vector<Index>& sequences : members_of(feedback.group)) {
        gathered.gather(feedback, sequences);
        result.assign(sequences.size(), T(0));
        if constexpr (MapsRewardsToAdvantages<E, T>)
            estimate(View<const T>(gathered.rewards), View<T>(result));
        else
            estimate(gathered.view(), View<T>(result));
        for (std::size_t i = 0; i < sequences.size(); ++i) advantage[sequences[i]] = result[i];
    }
}

/// The last token of sequence b that trains, or -1.
template <std::floating_point T>
Index last_trained(const Feedback<T>& feedback, Index b) noexcept {
    Index last = feedback.offsets[b + 1] - 1;
    while (last >= feedback.offsets[b] && !feedback.trained(last)) --last;
    return last < feedback.offsets[b] ? -1 : last;
}

/// The rewards of tokens: those given, or each sequence's on its last token that trains. A reward
/// on a token that an estimator skips would be lost.
template <std::floating_point T>
std::vector<T> token_rewards(const Feedback<T>& feedback) {
    std::vector<T> rewards(static_cast<std::size_t>(feedback.tokens()));
    for (Index b = 0; b < feedback.sequences(); ++b) {
        const Index last = last_trained(feedback, b);
        if (last < 0) continue;
        if (feedback.token_reward.empty()) {
            rewards[static_cast<std::size_t>(last)] = feedback.reward[b];
            continue;
        }
        for (Index t = feedback.offsets[b]; t < feedback.offsets[b + 1]; ++t) {
            const T reward = feedback.token_reward[t];
            expects(feedback.trained(t) || reward == T(0), [&] {
                return "token " + std::to_string(t) + " has a reward of " + std::to_string(reward) +
                       " but is masked, so it would be lost: put it on token " +
                       std::to_string(last) + ", the sequence's last that trains";
            });
            rewards[static_cast<std::size_t>(t)] = reward;
        }
    }
    return rewards;
}

/// One call per sequence.
template <class E, std::floating_point T>
void token_advantages(const E& estimate, const Feedback<T>& feedback, View<T> advantage /*(T)*/) {
    const std::vector<T> reward = token_rewards(feedback);
    const View<const T> rewards(reward);
    for (Index b = 0; b < feedback.sequences(); ++b) {
        const Index first = feedback.offsets[b], size = feedback.offsets[b + 1] - first;
        const auto part = [=](auto view) { return view.empty() ? view : view.slice(first, size); };
        estimate(Trajectory<T>{part(rewards), part(feedback.value), part(feedback.mask),
                               part(feedback.returns)},
                 advantage.slice(first, size));
    }
}

/// Advantages of every sequence, or of every token where the estimator gives each its own.
/// `feedback` is the whole optimizer step: an estimator may whiten over it. Throws on sizes, on a
/// reward that is not finite, and where the estimator needs what the feedback does not have.
template <class E, std::floating_point T>
    requires AdvantageEstimator<E, T>
void advantages(const E& estimate, const Feedback<T>& feedback,
                std::type_identity_t<View<T>> advantage /*(B) or (T)*/) {
    constexpr bool by_token = !MapsRewardsToAdvantages<E, T> && !MapsGroupToAdvantages<E, T>;
    validate(feedback);
    if (by_token)
        expects(!feedback.offsets.empty(),
                "the estimator gives every token its own advantage and needs offsets");
    const Index size = by_token ? feedback.tokens() : feedback.sequences();
    expects(advantage.size == size, [&] {
        return "advantage has " + std::to_string(advantage.size) + " elements, expected " +
               std::to_string(size) + (by_token ? " (T, one per token)" : " (B, one per reward)");
    });
    const std::vector<T> reward = sequence_rewards(feedback);
    Feedback<T> complete = feedback;
    complete.reward = reward;
    if constexpr (by_token)
        token_advantages(estimate, complete, advantage);
    else
        group_advantages(estimate, complete, advantage);
    if constexpr (FinishesAdvantages<E, T>) estimate.finish(complete, advantage);
}

/// From rewards alone.
template <class E, std::floating_point T>
    requires AdvantageEstimator<E, T>
void advantages(const E& estimate, View<const T> rewards /*(B)*/,
                std::type_identity_t<View<const Index>> group /*(B)*/,
                std::type_identity_t<View<T>> advantage /*(B)*/) {
    advantages(estimate, Feedback<T>{.reward = rewards, .group = group}, advantage);
}

}  // namespace gppo
