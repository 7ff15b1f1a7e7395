// SPDX-License-Identifier: Apache-2.0
//
// The first phase of an objective whose policy or correction needs its sequence or the batch. It is
// part of evaluate(); call it yourself to bind the whole optimizer step once and evaluate that step
// in parts, which then add up to the whole:
//
//   const auto bound = bind(execution, objective, step);
//   for (each micro-batch) evaluate(execution, part(bound, first_sequence), micro_batch, dlogp);
//
// GSPO, GMPO, LUSPO, VESPO and OPSM look at one sequence at a time, so micro-batches of whole
// sequences may bind themselves. Clip-Cov, KL-Cov, M2PO and BatchNormal look at all of the step.
#pragma once

#include <gppo/objective.hpp>

#include <string>
#include <utility>

namespace gppo {

template <class O>
struct PartsOf;
template <class E, class C, class A, class K, class R>
struct PartsOf<Objective<E, C, A, K, R>> {
    using Policy = C;
    using Penalty = K;
    using Correction = R;
};

/// Whether evaluate() has to bind before it can run.
template <class O, std::floating_point T>
inline constexpr bool needs_binding = TwoPhasePolicy<typename PartsOf<O>::Policy, T> ||
                                      TwoPhaseCorrection<typename PartsOf<O>::Correction, T>;

/// Whether the pass reads batch.logp_rollout or batch.entropy_old: those that are read must be
/// finite.
template <class O>
GPPO_HD constexpr bool reads_rollout(const O& objective) noexcept {
    return needs_rollout(objective.correction) ||
           traits_of<typename PartsOf<O>::Policy>().reads_rollout;
}

/// What policy and correction read of the batch.
template <class O, std::floating_point T>
void expects_bindable(const O& objective, const Batch<T>& batch) {
    constexpr Traits policy = traits_of<typename PartsOf<O>::Policy>();
    expects(!policy.one_advantage || batch.advantage.size == batch.sequences(),
            "a policy at sequence level needs one advantage per sequence, batch.advantage (B); "
            "with advantages per token use GspoToken (gspo_token)");
    expects(
        !reads_rollout(objective) || !batch.logp_rollout.empty(),
        "the rollout correction, or the policy, needs batch.logp_rollout (T): the log-probs the "
        "engine sampled with");
    expects(!policy.reads_entropy || (!batch.entropy.empty() && !batch.entropy_old.empty()),
            "ERC needs batch.entropy and batch.entropy_old (T)");
    expects(!policy.reads_off_policy || !batch.off_policy.empty(),
            "a mixed policy needs batch.off_policy (B): 1 where another policy wrote the sequence");
}

/// A bound policy that remembers what the policy it comes from said about itself.
template <class Source, class Bound>
struct BoundTo {
    Bound bound;
    static constexpr Traits traits = traits_of<Source>();
    auto at(Index b) const noexcept { return bound.at(b); }
};

/// A bound policy or correction from its sequence `first` on. Points to the whole.
template <class Bound>
struct FromSequence {
    const Bound* whole = nullptr;
    Index first = 0;
    static constexpr Traits traits = traits_of<Bound>();
    auto at(Index b) const noexcept { return whole->at(first + b); }
    GPPO_HD constexpr bool needs_rollout() const noexcept { return gppo::needs_rollout(*whole); }
};

/// The policy of sequence b.
#ifdef __CUDACC__
#pragma nv_exec_check_disable  // a bound one has an at() of the host; bind() calls it there
#endif
template <class C>
GPPO_HD constexpr auto policy_at(const C& policy, Index b) noexcept {
    if constexpr (requires { policy.at(b); })
        return policy.at(b);
    else
        return policy;
}

/// The same objective with policy and correction bound to `batch`; a copy if neither needs it. The
/// batch must outlive it.
template <Execution X, class E, class C, class A, class K, class R, std::floating_point T>
auto bind(const X& execution, const Objective<E, C, A, K, R>& o, const Batch<T>& batch) {
    validate(batch);
    expects_bindable(o, batch);
    const auto with = [&](auto clip) {
        auto correction = bind_correction(o.correction, execution, batch);
        return Objective<E, decltype(clip), A, K, decltype(correction)>{
            o.estimate, std::move(clip), o.aggregate,          o.kl,
            o.entropy,  o.positives,     std::move(correction)};
    };
    if constexpr (TwoPhasePolicy<C, T>) {
        using Bound = decltype(o.clip.bind(execution, batch));
        return with(BoundTo<C, Bound>{o.clip.bind(execution, batch)});
    } else {
        return with(o.clip);
    }
}

/// `bound` for a batch whose first sequence is number `first` of the batch it was bound to. Points
/// to `bound`, which must outlive it.
template <class E, class C, class A, class K, class R>
auto part(const Objective<E, C, A, K, R>& bound, Index first) {
    const auto from = [first](const auto& whole) {
        using Whole = std::remove_cvref_t<decltype(whole)>;
        if constexpr (requires { whole.at(first); })
            return FromSequence<Whole>{&whole, first};
        else
            return whole;
    };
    const auto clip = from(bound.clip);
    const auto correction = from(bound.correction);
    return Objective<E, std::remove_const_t<decltype(clip)>, A, K,
                     std::remove_const_t<decltype(correction)>>{
        bound.estimate,  clip,      bound.aggregate, bound.kl, bound.entropy,
        bound.positives, correction};
}

}  // namespace gppo
