// SPDX-License-Identifier: Apache-2.0
//
// KL-Cov (Cui et al. 2025, arXiv 2505.22617): no clip; the tokens of highest covariance
// (covariance.hpp), max(1, floor(share x tokens)) of them, pay coefficient x |logp - logp_old|.
// verl's configuration has 0.1, the default in its code 1; SkyRL's share is 0.2. It binds the batch
// it is given: the micro-batches of a step must share one bound policy (bind.hpp).
#pragma once

#include <gppo/clip/covariance.hpp>
#include <gppo/clip/region.hpp>
#include <gppo/concepts/two_phase_policy.hpp>
#include <gppo/core/select.hpp>

namespace gppo {

struct KlCovOfSequence {
    float coefficient = 0.1f;
    View<const Index> chosen{};

    template <std::floating_point T>
    GPPO_HD constexpr Term<T> operator()(Token<T> t) const noexcept {
        const T value = t.ratio * t.advantage;
        return {value, value};
    }
    GPPO_HD constexpr View<const Index> revised() const noexcept { return chosen; }
    constexpr KlCovOfSequence at_places(View<const Index> places) const noexcept {
        return {coefficient, places};
    }
    template <std::floating_point T>
    GPPO_HD constexpr Term<T> revise(Token<T> t) const noexcept {
        const T value = t.ratio * t.advantage, d = t.logp - t.logp_old;
        const T slope = d > T(0) ? T(coefficient) : (d < T(0) ? -T(coefficient) : T(0));
        return {value - slope * d, value - slope};
    }
};
struct BoundKlCov {
    float coefficient = 0.1f;
    Chosen chosen;
    KlCovOfSequence at(Index b) const noexcept { return {coefficient, chosen.in(b)}; }
};

///            of the highest covariance                  otherwise
///   value    r A - coefficient |D|, D = logp - logp_old r A
///   weight   r A - coefficient sign(D)                  r A
/// The penalty pulls a chosen token back to the old policy even where its advantage is zero.
struct KlCov {
    double share = 2e-4;  ///< of the batch's tokens
    float coefficient = 0.1f;

    static constexpr Traits traits{.all_tokens = true};

    template <class X, std::floating_point T>
    BoundKlCov bind(const X& execution, const Batch<T>& batch) const {
        const std::vector<Piece> pieces = pieces_of(batch);
        const Covariance<T> cov = covariance_of(execution, batch, View<const Piece>(pieces));
        const auto wanted = static_cast<Index>(share * static_cast<double>(cov.tokens));
        const Index count = std::min(std::max<Index>(wanted, 1), cov.tokens);
        const std::vector<Index> token =
            largest(execution, View<const Piece>(pieces), count,
                    [=](Index b, Index first, Index size, float* out) {
                        CovarianceRow<T> row;
                        cov.fill(b, first, size, row);
                        for (Index k = 0; k < size; ++k)
                            out[k] = static_cast<float>(row.value[static_cast<std::size_t>(k)]);
                    });
        return {coefficient, chosen_by_sequence(batch.offsets, token)};
    }
};

}  // namespace gppo
