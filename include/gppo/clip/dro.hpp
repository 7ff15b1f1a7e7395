// SPDX-License-Identifier: Apache-2.0
//
// Kimi k1.5's policy loss (Kimi team 2025, arXiv 2501.12599), a token-wise relative of DRO
// (Richemond et al. 2024, arXiv 2405.19107): REINFORCE with a quadratic pull back to the policy
// that sampled, J = A logp - tau/2 (logp - logp_old)^2. verl calls it "dro" and its tau beta; ROLL
// has tau = 0.1. No log-ratio guard in either.
#pragma once

#include <gppo/core/host_device.hpp>
#include <gppo/core/token.hpp>

#include <concepts>

namespace gppo {

/// A token without advantage is NOT silent: it is pulled back. With d = logp - logp_old:
///
///            A != 0                  A = 0
///   value    A logp - tau/2 d^2      -tau/2 d^2
///   weight   A - tau d               -tau d
struct Dro {
    float tau = 0.1f;

    template <std::floating_point T>
    GPPO_HD constexpr Term<T> operator()(Token<T> t) const noexcept {
        const T d = t.logp - t.logp_old;
        const T pull = T(tau) * d;
        return {t.advantage * t.logp - pull * d / T(2), t.advantage - pull};
    }
};

}  // namespace gppo
