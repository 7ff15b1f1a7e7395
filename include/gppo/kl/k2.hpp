// SPDX-License-Identifier: Apache-2.0
//
// k2 (Schulman 2020): x^2 / 2 with x = logp - logp_ref. Its gradient, x d logp, is on-policy the
// unbiased gradient of KL(policy || reference): the one to use in a loss.
#pragma once

#include <gppo/core/host_device.hpp>
#include <gppo/core/token.hpp>

namespace gppo {

/// value x^2 / 2, weight x
struct K2 {
    template <std::floating_point T>
    GPPO_HD constexpr Term<T> operator()(T logp, T logp_ref) const noexcept {
        const T x = logp - logp_ref;
        return {x * x / T(2), x};
    }
};

}  // namespace gppo
