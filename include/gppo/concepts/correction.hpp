// SPDX-License-Identifier: Apache-2.0
//
// Correction: the factor that makes up for a rollout engine whose probabilities are not those of
// the trainer. It multiplies value and weight of the policy term, with no gradient of its own. One
// factor per token, from two log-probs; or one that is bound to the batch first, as a policy may
// be.
#pragma once

#include <gppo/concepts/clip_policy.hpp>
#include <gppo/core/batch.hpp>
#include <gppo/core/execution.hpp>

#include <concepts>

namespace gppo {

/// Called as correct(logp_old, logp_rollout), it returns the factor and cannot throw.
template <class R, class T>
concept MapsLogpsToFactor = requires(const R correct, T logp) {
    { correct(logp, logp) } noexcept -> std::same_as<T>;
};

template <class R, class T = float>
concept TokenCorrection = KernelArgument<R> && MapsLogpsToFactor<R, T>;

/// at(b) is the token correction of sequence b.
template <class R, class T = float>
concept BoundCorrection = requires(const R correct, Index b) {
    { correct.at(b) } noexcept -> TokenCorrection<T>;
};

/// bind(execution, batch) returns a bound correction. It runs on the host and may throw.
template <class R, class T = float>
concept TwoPhaseCorrection = requires(const R correct, const Batch<T>& batch) {
    { correct.bind(serial, batch) } -> BoundCorrection<T>;
};

template <class R, class T = float>
concept Correction = TokenCorrection<R, T> || TwoPhaseCorrection<R, T> || BoundCorrection<R, T> ||
                     BoundCorrection<R, double>;

/// Whether it reads batch.logp_rollout: yes, unless it has a needs_rollout() that says no.
template <class R>
GPPO_HD constexpr bool needs_rollout(const R& correct) noexcept {
    if constexpr (requires { correct.needs_rollout(); })
        return correct.needs_rollout();
    else
        return true;
}

/// What a correction does when it stands alone: bound if it needs the batch, itself if not.
template <class R, class X, std::floating_point T>
constexpr auto bind_correction(const R& correct, const X& execution, const Batch<T>& batch) {
    if constexpr (TwoPhaseCorrection<R, T>)
        return correct.bind(execution, batch);
    else
        return correct;
}
#ifdef __CUDACC__
#pragma nv_exec_check_disable  // a bound one has an at() of the host; bind() calls it there
#endif
template <class R>
GPPO_HD constexpr auto correction_at(const R& correct, Index b) noexcept {
    if constexpr (requires { correct.at(b); })
        return correct.at(b);
    else
        return correct;
}

}  // namespace gppo
