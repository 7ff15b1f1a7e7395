// SPDX-License-Identifier: Apache-2.0
//
// Straight-through KL (verl's "k1+", "k3+"): the value of one estimator with the gradient of k2,
// the only one whose gradient is that of the KL on-policy. What is reported stays comparable, what
// pulls is right.
//
//   value K(x), weight x = logp - logp_ref
#pragma once

#include <gppo/core/host_device.hpp>
#include <gppo/core/token.hpp>

#include <concepts>

namespace gppo {

/// StraightThrough{K1{}} is "k1+", StraightThrough{K3{}} "k3+"; of K2 it is K2.
template <class K>
struct StraightThrough {
    K penalty{};

    template <std::floating_point T>
    GPPO_HD constexpr Term<T> operator()(T logp, T logp_ref) const noexcept {
        return {penalty(logp, logp_ref).value, logp - logp_ref};
    }
};
template <class K>
StraightThrough(K) -> StraightThrough<K>;

}  // namespace gppo
