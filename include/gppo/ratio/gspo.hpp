// SPDX-License-Identifier: Apache-2.0
//
// GSPO, group sequence policy optimization (Zheng et al. 2025, arXiv 2507.18071): PPO's clip on the
// length-normalised likelihood ratio of the whole sequence, s = exp(mean_t (logp - logp_old)). The
// clip is that of a mean over many tokens, so its bounds are hundreds of times tighter than PPO's.
// LUSPO (2026, arXiv 2602.05261) multiplies each sequence's loss by its length, because GSPO's own
// favours short answers.
//
// In other systems: verl and SkyRL use the token form (see sequence.hpp) with log s clamped to 10
// and aggregate by seq-mean-token-mean whatever is configured; TRL (importance_sampling_level =
// "sequence") and slime let the gradient through the mean and aggregate as configured.
#pragma once

#include <gppo/clip/ppo.hpp>
#include <gppo/ratio/sequence.hpp>

#include <utility>

namespace gppo {

///            A > 0, s > 1+high      A < 0, s < 1-low      otherwise
///   value    (1+high) A             (1-low) A             s A
///   weight   0                      0                     s A, for every token of the sequence
struct Gspo {
    float low = 3e-4f;
    float high = 4e-4f;

    static constexpr Traits traits{.one_advantage = true};

    template <class X, std::floating_point T>
    auto bind(const X& execution, const Batch<T>& batch) const {
        return bind_sequence_ratio(PpoClip{low, high}, execution, batch);
    }
    constexpr Region region() const noexcept { return region_of(PpoClip{low, high}); }
};

/// The same ratio with an advantage per token: weight s A_t. Equal to Gspo where all the tokens of
/// a sequence have one advantage.
struct GspoToken {
    float low = 3e-4f;
    float high = 4e-4f;

    template <class X, std::floating_point T>
    auto bind(const X& execution, const Batch<T>& batch) const {
        return bind_sequence_ratio(PpoClip{low, high}, execution, batch);
    }
    constexpr Region region() const noexcept { return region_of(PpoClip{low, high}); }
};

/// `inner` at the ratio of its sequence, times the sequence's length.
template <std::floating_point T>
struct AtLength {
    AtRatio<PpoClip, T> inner{};
    T length{1};

    GPPO_HD constexpr Term<T> operator()(Token<T> t) const noexcept {
        const Term<T> term = inner(t);
        return {length * term.value, length * term.weight};
    }
    GPPO_HD constexpr T seen(Token<T>, Index) const noexcept { return inner.ratio; }
    constexpr Region region() const noexcept { return inner.region(); }
};
template <std::floating_point T>
struct BoundLuspo {
    BoundSequenceRatio<PpoClip, T> ratios;
    std::vector<T> length;  // (B)

    AtLength<T> at(Index b) const noexcept {
        return {ratios.at(b), length[static_cast<std::size_t>(b)]};
    }
    constexpr Region region() const noexcept { return ratios.region(); }
};

/// GSPO's value and weight, both times the sequence's length n. With SequenceMeanTokenMean only:
/// that and GSPO with SequenceMeanTokenSum are the same loss (TRL's loss_type = "luspo").
struct Luspo {
    float low = 3e-4f;
    float high = 4e-4f;

    static constexpr Traits traits{.one_advantage = true, .times_length = true};

    template <class X, std::floating_point T>
    BoundLuspo<T> bind(const X& execution, const Batch<T>& batch) const {
        BoundLuspo<T> bound{{PpoClip{low, high}, {}}, {}};
        for (const PartialSum& x :
             sequence_differences(execution, batch, batch.logp, batch.logp_old)) {
            bound.ratios.ratio.push_back(sequence_ratio<T>(x.mean()));
            bound.length.push_back(static_cast<T>(x.count));
        }
        return bound;
    }
    constexpr Region region() const noexcept { return region_of(PpoClip{low, high}); }
};

}  // namespace gppo
