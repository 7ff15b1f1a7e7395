// SPDX-License-Identifier: Apache-2.0
//
// ERC, entropy ratio clipping (Su et al. 2025, arXiv 2512.05591): a token whose whole distribution
// changed too much does not train. q = H / H_old, both entropies of the next-token distribution;
// outside (1 - low, 1 + high) the term keeps its value and loses its gradient. An adaptor: the
// released code runs it over GPPO (gppo_erc) and over clip-higher (grpo_erc), with log-ratios
// clamped to +-20 and 1e-8 added to both entropies; the clamp is not here.
#pragma once

#include <gppo/clip/region.hpp>
#include <gppo/concepts/two_phase_policy.hpp>

namespace gppo {

template <class Inner, std::floating_point T>
struct ErcOfSequence {
    Inner inner{};
    T lowest{}, highest{};
    const T *entropy = nullptr, *entropy_old = nullptr;  // from the sequence's first token

    GPPO_HD constexpr Term<T> operator()(Token<T> t, Index place) const noexcept {
        const T now = entropy[place] + T(1e-8), old = entropy_old[place] + T(1e-8);
        const T q = now / old;
        const bool kept = (q > lowest) & (q < highest);
        const Term<T> term = inner(t);
        return {term.value + (now - now) + (old - old), kept ? term.weight : T(0)};
    }
    constexpr Region region() const noexcept { return region_of(inner); }
};
template <class Inner, std::floating_point T>
struct BoundErc {
    Inner inner{};
    T lowest{}, highest{};
    Batch<T> batch{};

    ErcOfSequence<Inner, T> at(Index b) const noexcept {
        const Index first = batch.offsets[b];
        return {inner, lowest, highest, batch.entropy.data + first, batch.entropy_old.data + first};
    }
};

///            1-low < q < 1+high     otherwise
///   value    inner                  inner
///   weight   inner                  0
template <ClipPolicy Inner>
struct Erc {
    Inner inner{};
    float low = 0.05f;
    float high = 0.05f;

    static constexpr Traits traits{.reads_entropy = true};

    template <class X, std::floating_point T>
    BoundErc<Inner, T> bind(const X&, const Batch<T>& batch) const {
        return {inner, T(1) - T(low), T(1) + T(high), batch};
    }
    constexpr Region region() const noexcept { return region_of(inner); }
};
template <class Inner>
Erc(Inner) -> Erc<Inner>;
template <class Inner>
Erc(Inner, float, float) -> Erc<Inner>;

}  // namespace gppo
