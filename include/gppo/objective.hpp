// SPDX-License-Identifier: Apache-2.0
//
// Objective: advantage estimator, clip policy, aggregation, and what may be added to them. It is a
// value; prepare() fills the two numbers per sequence that evaluate() (evaluate.hpp) needs.
//
//   loss = -sum_b c_b sum_t w clip(token) + beta sum c KL - eta sum c H + alpha sum c+ (-logp)
//
// w is the rollout correction, one without it.
#pragma once

#include <gppo/advantages.hpp>
#include <gppo/aggregate/positives.hpp>
#include <gppo/concepts/advantage_estimator.hpp>
#include <gppo/concepts/aggregation.hpp>
#include <gppo/concepts/clip_policy.hpp>
#include <gppo/concepts/correction.hpp>
#include <gppo/concepts/two_phase_policy.hpp>
#include <gppo/core/batch.hpp>
#include <gppo/core/execution.hpp>
#include <gppo/correction/none.hpp>
#include <gppo/entropy/bonus.hpp>
#include <gppo/kl/none.hpp>
#include <gppo/kl/term.hpp>
#include <gppo/legality.hpp>

#include <algorithm>
#include <concepts>
#include <numeric>
#include <string>
#include <type_traits>
#include <unordered_map>
#include <vector>

namespace gppo {

/// Tokens of sequence b that train.
template <std::floating_point T>
Index trained_tokens(const Batch<T>& batch, Index b) noexcept {
    if (batch.mask.empty()) return batch.length(b);
    const auto mask = batch.mask.slice(batch.offsets[b], batch.length(b));
    Index count = 0;
    for (Index first = 0; first < mask.size; first += block_tokens) {
        const Index last = std::min(first + block_tokens, mask.size);
        std::uint32_t live = 0;  // in narrow numbers the loop runs at the memory's speed
#ifdef _OPENMP
#pragma omp simd reduction(+ : live)
#endif
        for (Index t = first; t < last; ++t) live += mask[t] != 0 ? 1u : 0u;
        count += live;
    }
    return count;
}

/// Counts of one optimizer step, and of its parts.
struct StepCounts {
    Extent total;                                    ///< length and prompt_tokens are not set
    std::unordered_map<Index, Index> prompt_tokens;  ///< by group id
};

/// Counts the tokens that train; with `positives_only`, those of positive sequences.
template <std::floating_point T>
StepCounts count(const Batch<T>& batch, bool positives_only = false) {
    validate_layout(batch);
    StepCounts counts;
    for (Index b = 0; b < batch.sequences(); ++b) {
        if (positives_only && (batch.positive.empty() || batch.positive[b] == 0)) continue;
        const Index length = trained_tokens(batch, b);
        if (length == 0) continue;
        ++counts.total.sequences;
        counts.total.tokens += length;
        counts.total.horizon = std::max(counts.total.horizon, length);
        counts.prompt_tokens[batch.group[b]] += length;
    }
    counts.total.prompts = static_cast<Index>(counts.prompt_tokens.size());
    return counts;
}

/// The global counts of an optimizer step whose every sequence is in `batch`.
template <std::floating_point T>
Extent extent_of(const Batch<T>& batch) {
    return count(batch).total;
}
template <std::floating_point T>
Extent extent_of_positives(const Batch<T>& batch) {
    return count(batch, true).total;
}

/// Fills `out` with each sequence's coefficient from the counts in `global` (its first four
/// fields). All completions of a prompt must be in `batch`, or prompt_tokens would be too small.
template <Aggregation A, std::floating_point T>
void fill_coefficients(const A& aggregate, const Batch<T>& batch, const Extent& global,
                       bool positives_only, View<T> out /*(B)*/) {
    const StepCounts local = count(batch, positives_only);
    expects(global.tokens >= local.total.tokens && global.sequences >= local.total.sequences,
            "the extent has fewer tokens or sequences than the batch: it must count the whole "
            "optimizer step");
    for (Index b = 0; b < batch.sequences(); ++b) {
        const bool counted = !positives_only || (!batch.positive.empty() && batch.positive[b] != 0);
        Extent extent = global;
        extent.length = counted ? trained_tokens(batch, b) : 0;
        if (extent.length > 0) extent.prompt_tokens = local.prompt_tokens.at(batch.group[b]);
        out[b] = extent.length > 0 ? static_cast<T>(aggregate(extent)) : T(0);
    }
}

/// batch.coefficient, and batch.positive_coefficient where the batch has room for it. `extent` and
/// `positives` are counts of the whole optimizer step over all processes.
template <Aggregation A, std::floating_point T>
void coefficients(const A& aggregate, const Batch<T>& batch, const Extent& extent,
                  const Extent& positives) {
    expects_size("coefficient", batch.coefficient.size, batch.sequences(), "B");
    fill_coefficients(aggregate, batch, extent, false, batch.coefficient);
    if (batch.positive_coefficient.empty()) return;
    expects_size("positive_coefficient", batch.positive_coefficient.size, batch.sequences(), "B");
    fill_coefficients(aggregate, batch, positives, true, batch.positive_coefficient);
}
template <Aggregation A, std::floating_point T>
void coefficients(const A& aggregate, const Batch<T>& batch, const Extent& extent) {
    coefficients(aggregate, batch, extent, extent_of_positives(batch));
}
/// For a batch that is a whole optimizer step.
template <Aggregation A, std::floating_point T>
void coefficients(const A& aggregate, const Batch<T>& batch) {
    coefficients(aggregate, batch, extent_of(batch), extent_of_positives(batch));
}

/// The composition. Only the first three are needed: Objective{GroupNorm{}, Gppo{}, TokenMean{}}.
template <AdvantageEstimator E, Policy C, Aggregation A, KlPenalty K = NoKl,
          Correction R = NoCorrection>
struct Objective {
    static_assert(go_together<C, A, R>());

    E estimate{};
    C clip{};
    A aggregate{};
    KlTerm<K> kl{};
    EntropyBonus entropy{};
    Positives positives{};
    R correction{};

    /// Advantages and coefficients of a batch that is one whole optimizer step.
    template <std::floating_point T>
    void prepare(std::type_identity_t<View<const T>> rewards /*(B)*/, const Batch<T>& batch) const {
        expects_size("group", batch.group.size, batch.sequences(), "B");
        expects(rewards.size == batch.sequences(), [&] {
            return "rewards has " + std::to_string(rewards.size) + " elements for " +
                   std::to_string(batch.sequences()) + " sequences";
        });
        prepare(feedback_of(rewards, batch), batch);
    }
    /// The same from more than a reward each: channels, a baseline, token rewards, values.
    template <std::floating_point T>
    void prepare(const Feedback<T>& feedback, const Batch<T>& batch) const {
        advantages(estimate, feedback, batch.advantage);
        coefficients(aggregate, batch);
    }
};
template <class E, class C, class A>
Objective(E, C, A) -> Objective<E, C, A>;
template <class E, class C, class A, class K>
Objective(E, C, A, KlTerm<K>) -> Objective<E, C, A, K>;
template <class E, class C, class A, class K>
Objective(E, C, A, KlTerm<K>, EntropyBonus) -> Objective<E, C, A, K>;
template <class E, class C, class A, class K>
Objective(E, C, A, KlTerm<K>, EntropyBonus, Positives) -> Objective<E, C, A, K>;
template <class E, class C, class A, class K, class R>
Objective(E, C, A, KlTerm<K>, EntropyBonus, Positives, R) -> Objective<E, C, A, K, R>;

/// The same objective with a correction: corrected(Objective{...}, TokenTis{}).
template <class E, class C, class A, class K, Correction R>
auto corrected(const Objective<E, C, A, K>& o, const R& correction) {
    return Objective{o.estimate, o.clip, o.aggregate, o.kl, o.entropy, o.positives, correction};
}

}  // namespace gppo
