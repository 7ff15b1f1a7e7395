// SPDX-License-Identifier: Apache-2.0
//
// Masked importance sampling, "rejection sampling" in verl: a token or sequence whose weight
// w = pi_old / pi_rollout is out of bounds does not train (Liu et al. 2025, "When speed kills
// stability"). verl states the bounds of its token_k1 for 1 / w; slime adds a veto at 1e-4; SkyRL's
// geometric bounds are 0.99 and 1.01, its product's 0.5 and 2.
// A mask changes no denominator: aggregations count the tokens of batch.mask.
#pragma once

#include <gppo/core/pieces.hpp>
#include <gppo/correction/weight.hpp>

namespace gppo {

///            w < lowest             lowest <= w <= highest  w > highest
///   factor   0                      1                       0
struct TokenMask {
    float lowest = 0.5f;
    float highest = 2.0f;

    template <std::floating_point T>
    GPPO_HD T operator()(T logp_old, T logp_rollout) const noexcept {
        const T w = weight_of(logp_old - logp_rollout);
        return ((w >= T(lowest)) & (w <= T(highest))) ? T(1) : T(0);
    }
};

/// The same of the product of a sequence's weights. TRL "sequence_mask" is
/// Product{SequenceTis{3}, SequenceMask{0, 3}}.
struct SequenceMask {
    float lowest = 0.5f;
    float highest = 2.0f;

    template <class X, std::floating_point T>
    SequenceFactors<T> bind(const X& execution, const Batch<T>& batch) const {
        SequenceFactors<T> bound;
        for (const PartialSum& log_weight :
             sequence_differences(execution, batch, batch.logp_old, batch.logp_rollout)) {
            const T w = weight_of(static_cast<T>(log_weight.sum));
            bound.factor.push_back(w >= T(lowest) && w <= T(highest) ? T(1) : T(0));
        }
        return bound;
    }
};

/// The same of their geometric mean, which does not grow with the length.
struct GeometricMask {
    float lowest = 0.99f;
    float highest = 1.01f;

    template <class X, std::floating_point T>
    SequenceFactors<T> bind(const X& execution, const Batch<T>& batch) const {
        SequenceFactors<T> bound;
        for (const PartialSum& log_weight :
             sequence_differences(execution, batch, batch.logp_old, batch.logp_rollout)) {
            const T w = weight_of(static_cast<T>(log_weight.mean()));
            bound.factor.push_back(w >= T(lowest) && w <= T(highest) ? T(1) : T(0));
        }
        return bound;
    }
};

}  // namespace gppo
