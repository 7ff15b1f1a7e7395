// SPDX-License-Identifier: Apache-2.0
//
// evaluate(): one pass over the batch that gives the loss and d loss / d logp. The tokens are cut
// into blocks of a fixed size whatever the number of threads, and the blocks' sums are added in
// order, so the result does not depend on who ran which block.
#pragma once

#include <gppo/core/batch.hpp>
#include <gppo/diagnostics.hpp>
#include <gppo/objective.hpp>
#include <gppo/surrogate.hpp>

#include <algorithm>
#include <concepts>
#include <string>
#include <type_traits>
#include <vector>

namespace gppo {

/// Tokens that had a NaN or infinity among logp, logp_old, logp_ref, entropy. They do not train.
struct NonFinite {
    Index count = 0;
    Index sequence = -1;  ///< of the first one
    Index token = -1;     ///< of the first one, its place in the batch
    double logp = 0.0;    ///< of the first one
    double logp_old = 0.0;

    constexpr void add(const NonFinite& other) noexcept {
        const Index total = count + other.count;
        if (count == 0 && other.count > 0) *this = other;
        count = total;
    }
    std::string message() const {
        if (count == 0) return "all log-probs are finite";
        return std::to_string(count) + " tokens are not finite; the first is token " +
               std::to_string(token) + " in sequence " + std::to_string(sequence) + ": logp " +
               std::to_string(logp) + ", logp_old " + std::to_string(logp_old);
    }
};

/// value = pg + beta kl - eta entropy + alpha positive; the four are aggregated but not scaled.
/// Losses of the micro-batches of one optimizer step add up to that of the step.
struct Loss {
    double value = 0.0;
    double pg = 0.0;        ///< policy-gradient loss, -J
    double kl = 0.0;        ///< 0 without a reference
    double entropy = 0.0;   ///< nats; 0 where the batch has none
    double positive = 0.0;  ///< negative log-likelihood of the positives
    NonFinite non_finite;

    constexpr void add(const Loss& other) noexcept {
        value += other.value;
        pg += other.pg;
        kl += other.kl;
        entropy += other.entropy;
        positive += other.positive;
        non_finite.add(other.non_finite);
    }
};

/// Runs blocks one after the other: evaluate(serial, ...) needs the standard library only.
struct Serial {
    template <class F>
    void for_each(Index n, F&& f) const {
#ifdef _OPENMP
#pragma omp simd
#endif
        for (Index i = 0; i < n; ++i) f(i);
    }
    template <class F>
    auto sum(Index n, F&& f) const {
        // Eight running sums, as a SIMD loop has: one alone would lose digits over a long sequence.
        using S = decltype(f(Index{}));
        S running[8]{};
        Index i = 0;
        for (; i + 8 <= n; i += 8) {
#ifdef _OPENMP
#pragma omp simd
#endif
            for (Index k = 0; k < 8; ++k) running[k] += f(i + k);
        }
        S total{};
        for (; i < n; ++i) total += f(i);
        for (const S x : running) total += x;
        return total;
    }
    template <class F>
    void for_rows(Index n, F f) const {
        for (Index row = 0; row < n; ++row) f(*this, row);
    }
};
inline constexpr Serial serial{};

/// What evaluate() runs on: something with for_rows(n, f), f(team, row). `serial`, or a Cpu.
template <class X>
concept Execution = requires(const X execution, Index n) {
    execution.for_rows(n, [](auto /* team */, Index /* row */) {});
};

/// Tokens per block: its three streams fit the first-level cache, so what runs after the policy's
/// loop (KL, diagnostics) reads from there.
inline constexpr Index block_tokens = 2048;

/// What a block found. Diagnostics only where somebody asked.
struct NoDiagnostics {
    constexpr void add(const NoDiagnostics&) noexcept {}
};
template <class D>
struct BlockResult {
    Loss loss;
    D diagnostics;
};

/// Tokens [first, first + count) of sequence b as a segment.
template <std::floating_point T>
Segment<T> segment_of(const Batch<T>& batch, View<T> dlogp, View<T> dentropy, Index b, Index first,
                      Index size) {
    const auto at = [first](auto view) { return view.empty() ? nullptr : view.data + first; };
    Segment<T> s;
    s.size = size;
    s.logp = at(batch.logp);
    s.logp_old = at(batch.logp_old);
    s.logp_ref = at(batch.logp_ref);
    s.entropy = at(batch.entropy);
    s.mask = at(batch.mask);
    s.advantage = batch.advantage.data + (batch.advantage.size == batch.sequences() ? b : first);
    s.dlogp = at(dlogp);
    s.dentropy = at(dentropy);
    s.coefficient = batch.coefficient[b];
    if (!batch.positive_coefficient.empty()) s.positive_coefficient = batch.positive_coefficient[b];
    return s;
}

/// All terms of one segment. Returns false, to be called again with Checked, if a sum is not
/// finite.
template <class Advantage, class X, class O, std::floating_point T, class Live, class D>
bool run_segment(X team, const O& objective, const Segment<T>& s, Live live, BlockResult<D>& out) {
    Loss part;
    const double c = static_cast<double>(s.coefficient);
    const T pg = surrogate<Advantage>(team, objective.clip, s, live);
    part.pg = -c * static_cast<double>(pg);
    D diagnostics;
    if constexpr (std::same_as<D, Diagnostics>)
        diagnose<Advantage>(s, region_of(objective.clip), live, diagnostics);
    T kl = 0, entropy = 0, nll = 0;
    if constexpr (!std::same_as<decltype(objective.kl.penalty), NoKl>)
        if (s.logp_ref != nullptr)
            kl = penalise(team, objective.kl.penalty, T(objective.kl.coefficient), s, live);
    entropy = encourage(team, T(objective.entropy.coefficient), s, live);
    if (s.positive_coefficient != T(0))
        nll = imitate(team, T(objective.positives.coefficient), s, live);
    if (std::same_as<Live, Everything> && !math::finite(pg + kl + entropy + nll)) return false;
    part.kl = c * static_cast<double>(kl);
    part.entropy = c * static_cast<double>(entropy);
    part.positive = static_cast<double>(s.positive_coefficient) * static_cast<double>(nll);
    part.value = part.pg + static_cast<double>(objective.kl.coefficient) * part.kl -
                 static_cast<double>(objective.entropy.coefficient) * part.entropy +
                 static_cast<double>(objective.positives.coefficient) * part.positive;
    out.loss.add(part);
    out.diagnostics.add(diagnostics);
    return true;
}

/// Counts the tokens of a segment that ought to train but are not finite.
template <std::floating_point T>
NonFinite find_non_finite(const Segment<T>& s, Index sequence, Index first) {
    NonFinite found;
    for (Index i = 0; i < s.size; ++i) {
        if (!Checked::selected(s, i) || Checked::finite(s, i)) continue;
        found.add({1, sequence, first + i, static_cast<double>(s.logp[i]),
                   static_cast<double>(s.logp_old[i])});
    }
    return found;
}

/// One block: the segments of tokens [first, last), the fast way where nothing is masked or broken.
template <class Advantage, class X, class O, std::floating_point T, class D>
void run_block(X team, const O& objective, const Batch<T>& batch, View<T> dlogp, View<T> dentropy,
               Index block, BlockResult<D>& out) {
    const Index last = std::min((block + 1) * block_tokens, batch.tokens());
    Index first = block * block_tokens;
    Index b = std::upper_bound(batch.offsets.begin(), batch.offsets.end(), first) -
              batch.offsets.begin() - 1;
    for (; first < last; ++b) {
        const Index end = std::min(batch.offsets[b + 1], last);
        const Segment<T> s = segment_of(batch, dlogp, dentropy, b, first, end - first);
        if (s.mask != nullptr || !run_segment<Advantage>(team, objective, s, Everything{}, out)) {
            out.loss.non_finite.add(find_non_finite(s, b, first));
            run_segment<Advantage>(team, objective, s, Checked{}, out);
        }
        first = end;
    }
}

/// What the batch must have for this objective.
template <class O, std::floating_point T>
void expects_inputs(const O& objective, const Batch<T>& batch, View<T> dlogp, View<T> dentropy) {
    validate(batch);
    expects_size("dlogp", dlogp.size, batch.tokens(), "T");
    if (!dentropy.empty()) expects_size("dentropy", dentropy.size, batch.tokens(), "T");
    if (objective.kl.coefficient != 0.0f)
        expects(!batch.logp_ref.empty(), "the KL term needs batch.logp_ref");
    if (objective.entropy.coefficient != 0.0f)
        expects(!batch.entropy.empty() && !dentropy.empty(),
                "the entropy bonus needs batch.entropy and a dentropy buffer");
    if (objective.positives.coefficient != 0.0f)
        expects(batch.positive_coefficient.size == batch.sequences(),
                "the loss on positives needs batch.positive and batch.positive_coefficient (B)");
}

template <class D, Execution X, class O, std::floating_point T>
BlockResult<D> run_blocks(const X& execution, const O& objective, const Batch<T>& batch,
                          View<T> dlogp, View<T> dentropy) {
    expects_inputs(objective, batch, dlogp, dentropy);
    const Index blocks = (batch.tokens() + block_tokens - 1) / block_tokens;
    const bool per_sequence = batch.advantage.size == batch.sequences();
    std::vector<BlockResult<D>> results(static_cast<std::size_t>(blocks));
    BlockResult<D>* const result = results.data();
    execution.for_rows(blocks, [&](auto team, Index block) {
        if (per_sequence)
            run_block<PerSequence>(team, objective, batch, dlogp, dentropy, block, result[block]);
        else
            run_block<PerToken>(team, objective, batch, dlogp, dentropy, block, result[block]);
    });
    BlockResult<D> total;
    for (const BlockResult<D>& part : results) {
        total.loss.add(part.loss);
        total.diagnostics.add(part.diagnostics);
    }
    return total;
}

/// The loss of a prepared batch. Overwrites dlogp with d loss / d logp, and dentropy, where given,
/// with d loss / d entropy. A token with a log-prob that is not finite is reported in
/// Loss::non_finite and adds nothing. Throws before writing anything if a size is wrong.
template <Execution X, class O, std::floating_point T>
Loss evaluate(const X& execution, const O& objective, const Batch<T>& batch,
              std::type_identity_t<View<T>> dlogp /*(T)*/,
              std::type_identity_t<View<T>> dentropy = {} /*(T) or empty*/) {
    return run_blocks<NoDiagnostics>(execution, objective, batch, dlogp, dentropy).loss;
}

/// The same, and adds what it saw to `diagnostics`.
template <Execution X, class O, std::floating_point T>
Loss evaluate(const X& execution, const O& objective, const Batch<T>& batch,
              std::type_identity_t<View<T>> dlogp /*(T)*/,
              std::type_identity_t<View<T>> dentropy /*(T) or empty*/, Diagnostics& diagnostics) {
    const auto total = run_blocks<Diagnostics>(execution, objective, batch, dlogp, dentropy);
    diagnostics.add(total.diagnostics);
    return total.loss;
}

}  // namespace gppo
