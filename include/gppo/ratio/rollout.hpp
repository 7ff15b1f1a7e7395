// SPDX-License-Identifier: Apache-2.0
//
// The ratio against the engine that sampled, pi / pi_rollout, in place of the old policy's: an
// adaptor for any clip policy (prime-rl's only ratio; SkyRL's CISPO can be anchored so). It holds
// the mismatch of the engine already, so no correction goes with it.
#pragma once

#include <gppo/clip/region.hpp>
#include <gppo/concepts/two_phase_policy.hpp>
#include <gppo/core/math.hpp>

namespace gppo {

template <class Inner, std::floating_point T>
struct AgainstRollout {
    Inner inner{};
    const T* logp_rollout = nullptr;  // from the sequence's first token

    GPPO_HD constexpr T seen(Token<T> t, Index place) const noexcept {
        return math::exp_finite(t.logp - logp_rollout[place]);
    }
    GPPO_HD constexpr Term<T> operator()(Token<T> t, Index place) const noexcept {
        const T rollout = logp_rollout[place];
        t.ratio = seen(t, place);
        t.logp_old = rollout;
        const Term<T> term = inner(t);
        return {term.value + (rollout - rollout), term.weight};
    }
    constexpr Region region() const noexcept { return region_of(inner); }
};
template <class Inner, std::floating_point T>
struct BoundAgainstRollout {
    Inner inner{};
    Batch<T> batch{};

    AgainstRollout<Inner, T> at(Index b) const noexcept {
        return {inner, batch.logp_rollout.data + batch.offsets[b]};
    }
};

/// `inner` with ratio = exp(logp - logp_rollout).
template <ClipPolicy Inner>
struct RolloutRatio {
    Inner inner{};

    static constexpr Traits traits{.from_rollout = true, .reads_rollout = true};

    template <class X, std::floating_point T>
    BoundAgainstRollout<Inner, T> bind(const X&, const Batch<T>& batch) const {
        return {inner, batch};
    }
    constexpr Region region() const noexcept { return region_of(inner); }
};
template <class Inner>
RolloutRatio(Inner) -> RolloutRatio<Inner>;

}  // namespace gppo
