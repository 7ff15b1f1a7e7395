// SPDX-License-Identifier: Apache-2.0
//
// k1 (Schulman 2020, "Approximating KL divergence"): x = logp - logp_ref. Unbiased as a value, but
// its gradient is that of logp alone, zero on average: in a loss it does not pull to the reference.
#pragma once

#include <gppo/core/host_device.hpp>
#include <gppo/core/token.hpp>

namespace gppo {

/// value x, weight 1
struct K1 {
    template <std::floating_point T>
    GPPO_HD constexpr Term<T> operator()(T logp, T logp_ref) const noexcept {
        return {logp - logp_ref, T(1)};
    }
};

}  // namespace gppo
