// SPDX-License-Identifier: Apache-2.0
//
// evaluate(): one pass over the batch that gives the loss and d loss / d logp. The tokens are cut
// into blocks of a fixed size whatever the number of threads, and the blocks' sums are added in
// order, so the result does not depend on who ran which block. A policy or correction that needs
// its sequence or the batch is bound first (bind.hpp); for all others nothing runs but the pass.
#pragma once

#include <gppo/bind.hpp>
#include <gppo/core/batch.hpp>
#include <gppo/core/execution.hpp>
#include <gppo/core/mask_run.hpp>
#include <gppo/core/sequence_of.hpp>
#include <gppo/diagnostics.hpp>
#include <gppo/objective.hpp>
#include <gppo/surrogate.hpp>

#include <algorithm>
#include <concepts>
#include <string>
#include <type_traits>
#include <vector>

namespace gppo {

/// Tokens that had a NaN or infinity among logp, logp_old, logp_ref, entropy, or logp_rollout and
/// entropy_old where something reads them. They do not train.
struct NonFinite {
    Index count = 0;
    Index sequence = -1;  ///< of the first one
    Index token = -1;     ///< of the first one, its place in the batch
    double logp = 0.0;    ///< of the first one
    double logp_old = 0.0;

    GPPO_HD constexpr void add(const NonFinite& other) noexcept {
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

    GPPO_HD constexpr void add(const Loss& other) noexcept {
        value += other.value;
        pg += other.pg;
        kl += other.kl;
        entropy += other.entropy;
        positive += other.positive;
        non_finite.add(other.non_finite);
    }
};

/// What a row of blocks found. Diagnostics only where somebody asked.
struct NoDiagnostics {
    GPPO_HD constexpr void add(const NoDiagnostics&) noexcept {}
};
template <class D>
struct RowResult {
    Loss loss;
    D diagnostics;
};

/// Tokens [first, first + count) of sequence b as a segment.
template <class O, std::floating_point T>
GPPO_HD Segment<T> segment_of(const O& objective, const Batch<T>& batch, View<T> dlogp,
                              View<T> dentropy, Index b, Index first, Index size) {
    const auto at = [first](auto view) { return view.empty() ? nullptr : view.data + first; };
    Segment<T> s;
    s.size = size;
    s.first = first - batch.offsets[b];
    s.logp = at(batch.logp);
    s.logp_old = at(batch.logp_old);
    if (!std::same_as<typename PartsOf<O>::Penalty, NoKl>) s.logp_ref = at(batch.logp_ref);
    s.entropy = at(batch.entropy);
    if (reads_rollout(objective))
        s.logp_rollout = at(batch.logp_rollout);
    else if (!std::same_as<typename PartsOf<O>::Correction, NoCorrection>)
        s.logp_rollout = s.logp_old;  // a correction chosen at run time to be none
    if (traits_of<typename PartsOf<O>::Policy>().reads_entropy)
        s.entropy_old = at(batch.entropy_old);
    s.mask = at(batch.mask);
    s.advantage = batch.advantage.data + (batch.advantage.size == batch.sequences() ? b : first);
    s.dlogp = at(dlogp);
    s.dentropy = at(dentropy);
    s.coefficient = batch.coefficient[b];
    if (!batch.positive_coefficient.empty()) s.positive_coefficient = batch.positive_coefficient[b];
    return s;
}

/// diagnose() of whoever collects: diagnostics.hpp's on the host, team_diagnostics.hpp's anywhere.
#ifdef __CUDACC__
#pragma nv_exec_check_disable  // that of the host is called there alone
#endif
template <class Advantage, class X, class C, std::floating_point T, class Live, class D>
GPPO_HD void collect(X team, const C& clip, const Segment<T>& s, Live live, D& out) {
    diagnose<Advantage>(team, clip, s, live, out);
}

/// All terms of one segment of sequence b. Returns false, to be called again with Checked, if a sum
/// is not finite.
template <class Advantage, class X, class O, std::floating_point T, class Live, class D>
GPPO_HD bool run_segment(X team, const O& objective, Index b, const Segment<T>& s, Live live,
                         RowResult<D>& out) {
    Loss part;
    const double c = static_cast<double>(s.coefficient);
    const auto clip = policy_at(objective.clip, b);
    const T pg = surrogate<Advantage>(team, clip, s, live, correction_at(objective.correction, b));
    part.pg = -c * static_cast<double>(pg);
    if constexpr (!std::same_as<D, NoDiagnostics>) {
        if (std::same_as<Live, Everything> && !(math::finite(pg) && inputs_finite(team, s)))
            return false;
        collect<Advantage>(team, clip, s, live, out.diagnostics);
    }
    T kl = 0, entropy = 0, nll = 0;
    if constexpr (!std::same_as<typename PartsOf<O>::Penalty, NoKl>)
        if (s.logp_ref != nullptr)
            kl = penalise(team, objective.kl.penalty, T(objective.kl.coefficient), s, live);
    entropy = encourage(team, T(objective.entropy.coefficient), s, live);
    if (s.positive_coefficient != T(0))
        nll = imitate(team, T(objective.positives.coefficient), s, live);
    if (std::same_as<D, NoDiagnostics> && std::same_as<Live, Everything> &&
        !math::finite(pg + kl + entropy + nll))
        return false;
    part.kl = c * static_cast<double>(kl);
    part.entropy = c * static_cast<double>(entropy);
    part.positive = static_cast<double>(s.positive_coefficient) * static_cast<double>(nll);
    part.value = part.pg + static_cast<double>(objective.kl.coefficient) * part.kl -
                 static_cast<double>(objective.entropy.coefficient) * part.entropy +
                 static_cast<double>(objective.positives.coefficient) * part.positive;
    out.loss.add(part);
    return true;
}

/// Counts the tokens of a segment that ought to train but are not finite. Hardly ever called: on
/// its own, so that whoever calls it keeps registers for the tokens.
template <std::floating_point T>
[[gnu::noinline]] GPPO_HD NonFinite find_non_finite(const Segment<T>& s, Index sequence,
                                                    Index first) {
    NonFinite found;
    for (Index i = 0; i < s.size; ++i) {
        if (!Checked::selected(s, i) || Checked::finite(s, i)) continue;
        found.add({1, sequence, first + i, static_cast<double>(s.logp[i]),
                   static_cast<double>(s.logp_old[i])});
    }
    return found;
}

/// The tokens of a segment, the first of which is token `first` of the batch; the fast way unless
/// it has a mask or a broken number.
template <class Advantage, class X, class O, std::floating_point T, class D>
GPPO_HD void run_tokens(X team, const O& objective, Index b, const Segment<T>& s, Index first,
                        RowResult<D>& out) {
    if (s.mask == nullptr && run_segment<Advantage>(team, objective, b, s, Everything{}, out))
        return;
    out.loss.non_finite.add(find_non_finite(s, b, first));
    run_segment<Advantage>(team, objective, b, s, Checked{}, out);
}

/// No token of the segment trains.
template <class X, std::floating_point T>
GPPO_HD void silence(X team, const Segment<T>& s) {
    T* const gradients[] = {s.dlogp, s.dentropy};
    for (T* const gradient : gradients)
        if (gradient != nullptr) team.for_each(s.size, [=](Index i) { gradient[i] = T(0); });
}

/// The segments of tokens [first, last), cut where the mask changes for long.
template <class Advantage, class X, class O, std::floating_point T, class D>
GPPO_HD void run_stretch(X team, const O& objective, const Batch<T>& batch, View<T> dlogp,
                         View<T> dentropy, Index first, Index last, RowResult<D>& out) {
    for (Index b = sequence_of(batch.offsets, first); first < last; ++b) {
        const Index sequence_end = math::min(batch.offsets[b + 1], last);
        while (first < sequence_end) {
            MaskRun run{sequence_end, MaskRun::Kind::all};
            if (!batch.mask.empty()) {
                run.kind = MaskRun::Kind::mixed;
                if constexpr (!requires { X::width; })  // threads side by side ask token by token
                    run = mask_run(batch.mask.data, first, sequence_end);
            }
            Segment<T> s = segment_of(objective, batch, dlogp, dentropy, b, first, run.end - first);
            if (run.kind != MaskRun::Kind::mixed) s.mask = nullptr;
            if (run.kind == MaskRun::Kind::none)
                silence(team, s);
            else
                run_tokens<Advantage>(team, objective, b, s, first, out);
            first = run.end;
        }
    }
}

/// One block of tokens.
template <class Advantage, class X, class O, std::floating_point T, class D>
GPPO_HD void run_block(X team, const O& objective, const Batch<T>& batch, View<T> dlogp,
                       View<T> dentropy, Index block, RowResult<D>& out) {
    run_stretch<Advantage>(team, objective, batch, dlogp, dentropy, block * block_tokens,
                           math::min((block + 1) * block_tokens, batch.tokens()), out);
}

/// What the pass over a batch of `tokens` reads and writes. Looks at sizes alone, so the batch may
/// be on a device.
template <class O, std::floating_point T>
void expects_buffers(const O& objective, const Batch<T>& batch, Index tokens, View<T> dlogp,
                     View<T> dentropy) {
    expects_bindable(objective, batch);
    expects_size("dlogp", dlogp.size, tokens, "T");
    if (!dentropy.empty()) expects_size("dentropy", dentropy.size, tokens, "T");
    if (objective.kl.coefficient != 0.0f)
        expects(!batch.logp_ref.empty(), "the KL term needs batch.logp_ref");
    if (objective.entropy.coefficient != 0.0f)
        expects(!batch.entropy.empty() && !dentropy.empty(),
                "the entropy bonus needs batch.entropy and a dentropy buffer");
    if (objective.positives.coefficient != 0.0f)
        expects(batch.positive_coefficient.size == batch.sequences(),
                "the loss on positives needs batch.positive and batch.positive_coefficient (B)");
}

/// What the batch must have for this objective.
template <class O, std::floating_point T>
void expects_inputs(const O& objective, const Batch<T>& batch, View<T> dlogp, View<T> dentropy) {
    validate(batch);
    expects_buffers(objective, batch, batch.tokens(), dlogp, dentropy);
}

/// The pass. The blocks of a row run one after the other and the rows' results are added in order.
template <class D, Execution X, class O, std::floating_point T>
RowResult<D> run_rows(const X& execution, const O& objective, const Batch<T>& batch, View<T> dlogp,
                      View<T> dentropy) {
    constexpr bool one_advantage = traits_of<typename PartsOf<O>::Policy>().one_advantage;
    const Index blocks = (batch.tokens() + block_tokens - 1) / block_tokens;
    const Index rows = std::min(blocks, most_rows);
    const bool per_sequence = batch.advantage.size == batch.sequences();
    std::vector<RowResult<D>> results(static_cast<std::size_t>(rows));
    RowResult<D>* const result = results.data();
    execution.for_rows(rows, [&](auto team, Index row) {
        for (Index block = row * blocks / rows; block < (row + 1) * blocks / rows; ++block)
            if (one_advantage || per_sequence)
                run_block<PerSequence>(team, objective, batch, dlogp, dentropy, block, result[row]);
            else if constexpr (!one_advantage)
                run_block<PerToken>(team, objective, batch, dlogp, dentropy, block, result[row]);
    });
    RowResult<D> total;
    for (const RowResult<D>& part : results) {
        total.loss.add(part.loss);
        total.diagnostics.add(part.diagnostics);
    }
    return total;
}

/// Binds where that is needed, then runs.
template <class D, Execution X, class O, std::floating_point T>
RowResult<D> run_phases(const X& execution, const O& objective, const Batch<T>& batch,
                        View<T> dlogp, View<T> dentropy) {
    expects_inputs(objective, batch, dlogp, dentropy);
    if constexpr (needs_binding<O, T>)
        return run_rows<D>(execution, bind(execution, objective, batch), batch, dlogp, dentropy);
    else
        return run_rows<D>(execution, objective, batch, dlogp, dentropy);
}

/// The loss of a prepared batch. Overwrites dlogp with d loss / d logp, and dentropy, where given,
/// with d loss / d entropy. A token with a log-prob that is not finite is reported in
/// Loss::non_finite and adds nothing. Throws before writing anything if a size is wrong.
template <Execution X, class O, std::floating_point T>
Loss evaluate(const X& execution, const O& objective, const Batch<T>& batch,
              std::type_identity_t<View<T>> dlogp /*(T)*/,
              std::type_identity_t<View<T>> dentropy = {} /*(T) or empty*/) {
    return run_phases<NoDiagnostics>(execution, objective, batch, dlogp, dentropy).loss;
}

/// The same, and adds what it saw to `diagnostics`.
template <Execution X, class O, std::floating_point T>
Loss evaluate(const X& execution, const O& objective, const Batch<T>& batch,
              std::type_identity_t<View<T>> dlogp /*(T)*/,
              std::type_identity_t<View<T>> dentropy /*(T) or empty*/, Diagnostics& diagnostics) {
    const auto total = run_phases<DiagnosticTally>(execution, objective, batch, dlogp, dentropy);
    diagnostics.add(total.diagnostics.total());
    return total.loss;
}

}  // namespace gppo
