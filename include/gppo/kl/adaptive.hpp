// SPDX-License-Identifier: Apache-2.0
//
// Adaptive KL coefficient (Ziegler et al. 2019, arXiv 1909.08593; verl, SkyRL, OpenRLHF, ROLL): a
// proportional controller on the log of beta that steers the KL to a target.
//
//   beta <- beta (1 + clip(kl / target - 1, -limit, limit) n / horizon)
//
// n is the number of sequences since the last call. The state is beta itself, one number to keep in
// a checkpoint; none of those four systems saves it.
#pragma once

#include <gppo/core/math.hpp>
#include <gppo/core/view.hpp>

namespace gppo {

struct AdaptiveKl {
    double target = 0.1;   ///< verl's target_kl
    double horizon = 1e4;  ///< sequences in which beta can change by about `limit`
    double limit = 0.2;    ///< of the relative error

    /// The next beta. A KL that is not finite leaves it; it never changes sign.
    constexpr double operator()(double beta, double kl, Index sequences) const noexcept {
        if (!math::finite(kl)) return beta;
        const double error = math::clamp(kl / target - 1.0, -limit, limit);
        const double factor = 1.0 + error * static_cast<double>(sequences) / horizon;
        return factor > 0.0 ? beta * factor : beta;
    }
};

}  // namespace gppo
