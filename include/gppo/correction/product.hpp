// SPDX-License-Identifier: Apache-2.0
//
// Two corrections at once: a truncated weight and a mask, as verl's rollout_is with rollout_rs.
#pragma once

#include <gppo/concepts/correction.hpp>

namespace gppo {

/// factor = first x second
template <class First, class Second>
struct Product {
    First first{};
    Second second{};

    template <std::floating_point T>
        requires MapsLogpsToFactor<First, T> && MapsLogpsToFactor<Second, T>
    GPPO_HD T operator()(T logp_old, T logp_rollout) const noexcept {
        return first(logp_old, logp_rollout) * second(logp_old, logp_rollout);
    }

    template <class X, std::floating_point T>
        requires(TwoPhaseCorrection<First, T> || TwoPhaseCorrection<Second, T>)
    auto bind(const X& execution, const Batch<T>& batch) const {
        return bound(bind_correction(first, execution, batch),
                     bind_correction(second, execution, batch));
    }

    auto at(Index b) const noexcept
        requires(
            requires(const First f) { f.at(b); } || requires(const Second s) { s.at(b); })
    {
        return bound(correction_at(first, b), correction_at(second, b));
    }

  private:
    template <class F, class S>
    static Product<F, S> bound(F f, S s) {
        return {std::move(f), std::move(s)};
    }
};
template <class First, class Second>
Product(First, Second) -> Product<First, Second>;

}  // namespace gppo
