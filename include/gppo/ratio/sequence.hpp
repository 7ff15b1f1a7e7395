// SPDX-License-Identifier: Apache-2.0
//
// A ratio of the whole sequence in place of the token's: s = exp(mean of logp - logp_old). Adaptors
// that give it to any clip policy; GSPO (gspo.hpp) is the one with PPO's clip.
//
// Two forms are in use. With the gradient through the mean (slime, TRL), d s / d logp_t = s / n for
// each of the n tokens. As GSPO-token writes it, s_t = sg(s) pi / sg(pi) (verl, SkyRL), d s_t / d
// logp_t = s. A sequence has one coefficient c for all its terms, so with one advantage per
// sequence the first gives n c A s / n and the second c A s: the same gradient under every
// aggregation. With advantages per token only the second form is defined token by token, and it is
// this one.
#pragma once

#include <gppo/clip/region.hpp>
#include <gppo/concepts/two_phase_policy.hpp>
#include <gppo/core/pieces.hpp>

#include <vector>

namespace gppo {

/// The policy of one sequence: `inner` at the sequence's ratio.
template <class Inner, std::floating_point T>
struct AtRatio {
    Inner inner{};
    T ratio{1};

    GPPO_HD constexpr Term<T> operator()(Token<T> t) const noexcept {
        t.ratio = ratio;
        return inner(t);
    }
    GPPO_HD constexpr T seen(Token<T>, Index) const noexcept { return ratio; }
    constexpr Region region() const noexcept { return region_of(inner); }
};

template <class Inner, std::floating_point T>
struct BoundSequenceRatio {
    Inner inner{};
    std::vector<T> ratio;  // (B)

    AtRatio<Inner, T> at(Index b) const noexcept {
        return {inner, ratio[static_cast<std::size_t>(b)]};
    }
    constexpr Region region() const noexcept { return region_of(inner); }
};

/// exp of a mean or a sum of log-ratios, finite.
template <std::floating_point T>
T sequence_ratio(double log_ratio) noexcept {
    constexpr double largest = sizeof(T) > sizeof(float) ? 709.0 : 88.0;
    return static_cast<T>(std::exp(log_ratio < largest ? log_ratio : largest));
}

/// s of every sequence: tokens that train and whose log-probs are finite.
template <class Inner, class X, std::floating_point T>
BoundSequenceRatio<Inner, T> bind_sequence_ratio(const Inner& inner, const X& execution,
                                                 const Batch<T>& batch) {
    BoundSequenceRatio<Inner, T> bound{inner, {}};
    bound.ratio.reserve(static_cast<std::size_t>(batch.sequences()));
    for (const PartialSum& x : sequence_differences(execution, batch, batch.logp, batch.logp_old))
        bound.ratio.push_back(sequence_ratio<T>(x.mean()));
    return bound;
}

/// Any clip policy at the ratio of the sequence, e.g. SequenceRatio{Gppo{.low = 3e-4f}}.
template <ClipPolicy Inner>
struct SequenceRatio {
    Inner inner{};

    template <class X, std::floating_point T>
    BoundSequenceRatio<Inner, T> bind(const X& execution, const Batch<T>& batch) const {
        return bind_sequence_ratio(inner, execution, batch);
    }
    constexpr Region region() const noexcept { return region_of(inner); }
};
template <class Inner>
SequenceRatio(Inner) -> SequenceRatio<Inner>;

}  // namespace gppo
