// SPDX-License-Identifier: Apache-2.0
//
// Self-normalised weights: divide a correction by its mean over the tokens that train, so that the
// mismatch rescales no step ("batch_normalize" in verl, which at sequence level takes the mean over
// sequences; here tokens are counted in both).
#pragma once

#include <gppo/concepts/correction.hpp>
#include <gppo/core/pieces.hpp>
#include <gppo/core/traits.hpp>

#include <utility>

namespace gppo {

/// The correction of one sequence, times a constant.
template <class Inner, std::floating_point T>
struct ScaledFactor {
    Inner inner{};
    T scale{1};
    GPPO_HD T operator()(T logp_old, T logp_rollout) const noexcept {
        return scale * inner(logp_old, logp_rollout);
    }
};
template <class Bound, std::floating_point T>
struct ScaledFactors {
    Bound inner;
    T scale{1};
    auto at(Index b) const noexcept {
        return ScaledFactor<decltype(correction_at(inner, b)), T>{correction_at(inner, b), scale};
    }
};

/// A token's factor before it is scaled, NaN where a log-prob is not finite.
template <class Bound, std::floating_point T>
struct TokenFactor {
    const Bound* bound;
    const T *logp_old, *logp_rollout;  // (T)

    GPPO_HD T operator()(Index b, Index i) const noexcept {
        const T log_weight = logp_old[i] - logp_rollout[i];
        return correction_at(*bound, b)(logp_old[i], logp_rollout[i]) + (log_weight - log_weight);
    }
};

/// factor = inner / mean of inner over the batch it is bound to; 0 where that mean is 0
template <class Inner>
struct BatchNormal {
    Inner inner{};

    static constexpr Traits traits{.all_tokens = true};

    template <class X, std::floating_point T>
    auto bind(const X& execution, const Batch<T>& batch) const {
        auto bound = bind_correction(inner, execution, batch);
        const std::vector<Piece> pieces = pieces_of(batch);
        const TokenFactor<decltype(bound), T> factor{&bound, batch.logp_old.data,
                                                     batch.logp_rollout.data};
        PartialSum total;
        for (const PartialSum& part : piece_sums(execution, batch, pieces, factor)) total.add(part);
        const T scale = total.sum > 0.0 ? static_cast<T>(1.0 / total.mean()) : T(0);
        return ScaledFactors<decltype(bound), T>{std::move(bound), scale};
    }
};
template <class Inner>
BatchNormal(Inner) -> BatchNormal<Inner>;

}  // namespace gppo
