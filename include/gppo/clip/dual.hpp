// SPDX-License-Identifier: Apache-2.0
//
// Dual clip (Ye et al. 2020, arXiv 1912.09729): a bad token (A < 0) with a ratio beyond `cap`
// contributes the constant cap A, and so no gradient. An adaptor: DualClip{PpoClip{}} is verl's
// "vanilla" loss (cap 3, always on there), DualClip{Gppo{}, 10} is GPPO as released.
#pragma once

#include <gppo/clip/region.hpp>
#include <gppo/concepts/clip_policy.hpp>

namespace gppo {

///            A < 0, r > cap         otherwise
///   value    cap A                  inner
///   weight   0                      inner
template <ClipPolicy Inner>
struct DualClip {
    Inner inner{};
    float cap = 3.0f;  ///< above 1 + high

    template <std::floating_point T>
    GPPO_HD constexpr Term<T> operator()(Token<T> t) const noexcept {
        const Term<T> term = inner(t);
        const bool beyond = (t.advantage < T(0)) & (t.ratio > T(cap));
        return {beyond ? T(cap) * t.advantage : term.value, beyond ? T(0) : term.weight};
    }

    constexpr Region region() const noexcept {
        Region region = region_of(inner);
        region.cap = cap;
        return region;
    }
};
template <class Inner>
DualClip(Inner) -> DualClip<Inner>;
template <class Inner>
DualClip(Inner, float) -> DualClip<Inner>;

}  // namespace gppo
