// SPDX-License-Identifier: Apache-2.0
//
// M2PO, second-moment trust policy optimization (Zheng et al. 2025, arXiv 2510.01161): the tokens
// with the largest (logp_old - logp_rollout)^2 do not train, as many as it takes for the mean of
// the rest to be at most `threshold`. An adaptor over any clip policy. AReaL compares the proximal
// with the behaviour log-probs, as here; it masks token by token in sorted order, here equal values
// go together. It binds the batch it is given: micro-batches must share one bound policy
// (bind.hpp).
#pragma once

#include <gppo/clip/region.hpp>
#include <gppo/concepts/two_phase_policy.hpp>
#include <gppo/core/select.hpp>

namespace gppo {

template <class Inner, std::floating_point T>
struct M2poOfSequence {
    Inner inner{};
    const T* logp_rollout = nullptr;  // from the sequence's first token
    float cut = 0;

    GPPO_HD constexpr Term<T> operator()(Token<T> t, Index place) const noexcept {
        const T d = t.logp_old - logp_rollout[place];
        const bool kept = static_cast<float>(d * d) < cut;
        const Term<T> term = inner(t);
        return {(kept ? term.value : T(0)) + (d - d), kept ? term.weight : T(0)};
    }
    constexpr Region region() const noexcept { return region_of(inner); }
};
template <class Inner, std::floating_point T>
struct BoundM2po {
    Inner inner{};
    Batch<T> batch{};
    float cut = 0;

    M2poOfSequence<Inner, T> at(Index b) const noexcept {
        return {inner, batch.logp_rollout.data + batch.offsets[b], cut};
    }
};

///            (logp_old - logp_rollout)^2 < cut      otherwise
///   value    inner                                  0
///   weight   inner                                  0
template <ClipPolicy Inner>
struct M2po {
    Inner inner{};
    double threshold = 0.04;  ///< of the mean square

    static constexpr Traits traits{.reads_rollout = true, .all_tokens = true};

    template <class X, std::floating_point T>
    BoundM2po<Inner, T> bind(const X& execution, const Batch<T>& batch) const {
        const std::vector<Piece> pieces = pieces_of(batch);
        const T *const old = batch.logp_old.data, *const rollout = batch.logp_rollout.data;
        const T* const logp = batch.logp.data;
        const std::uint8_t* const mask = batch.mask.empty() ? nullptr : batch.mask.data;
        const float cut =
            cut_for_mean(execution, View<const Piece>(pieces), threshold, [=](Index, Index i) {
                const T d = old[i] - rollout[i];
                const bool on = (mask == nullptr || mask[i] != 0) && math::finite(logp[i] - old[i]);
                const float square = static_cast<float>(d * d);
                return on && math::finite(d) ? square : std::numeric_limits<float>::quiet_NaN();
            });
        return {inner, batch, cut};
    }
    constexpr Region region() const noexcept { return region_of(inner); }
};
template <class Inner>
M2po(Inner) -> M2po<Inner>;
template <class Inner>
M2po(Inner, double) -> M2po<Inner>;

}  // namespace gppo
