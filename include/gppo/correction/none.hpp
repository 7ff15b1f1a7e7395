// SPDX-License-Identifier: Apache-2.0
//
// No correction: the log-probs of the old policy are those it sampled with. Compiles to nothing.
#pragma once

#include <gppo/core/host_device.hpp>

#include <concepts>

namespace gppo {

struct NoCorrection {
    template <std::floating_point T>
    GPPO_HD constexpr T operator()(T /* logp_old */, T /* logp_rollout */) const noexcept {
        return T(1);
    }
    GPPO_HD static constexpr bool needs_rollout() noexcept { return false; }
};

}  // namespace gppo
