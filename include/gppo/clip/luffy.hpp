// SPDX-License-Identifier: Apache-2.0
//
// The shaping of off-policy tokens in LUFFY (Yan et al. 2025, arXiv 2504.14945): J = f(p) A with
// f(x) = x / (x + gamma), not clipped. The gradient gamma p / (p + gamma)^2 is largest at
// p = gamma: tokens the policy finds unlikely are learnt first, those it already has are left
// alone. Only for tokens of other policies' completions; on-policy ones keep their own clip. The
// paper shapes the ratio to the expert and takes the expert's probability as 1, so x = p; the fork
// ExGRPO (Zhan et al. 2025, arXiv 2510.02245) replays own samples and has x = r.
#pragma once

#include <gppo/core/host_device.hpp>
#include <gppo/core/math.hpp>
#include <gppo/core/token.hpp>

#include <concepts>

namespace gppo {

/// x / (x + gamma) A, and its derivative by log x.
template <std::floating_point T>
GPPO_HD constexpr Term<T> shaped(T x, T gamma, T advantage) noexcept {
    const T all = x + gamma;
    const T share = x / all;
    return {share * advantage, gamma / all * share * advantage};
}

/// With p = e^logp; logp_old is not looked at.
///
///            every ratio, both signs
///   value    p / (p + gamma) A
///   weight   gamma p / (p + gamma)^2 A
struct LuffyShaping {
    float gamma = 0.1f;

    template <std::floating_point T>
    GPPO_HD constexpr Term<T> operator()(Token<T> t) const noexcept {
        // Never above 0 but for rounding; the bound keeps inf / inf out.
        const T p = math::exp_finite(t.logp);
        return shaped(p, T(gamma), t.advantage);
    }
};

///            every ratio, both signs
///   value    r / (r + gamma) A
///   weight   gamma r / (r + gamma)^2 A
struct ExgrpoShaping {
    float gamma = 0.1f;

    template <std::floating_point T>
    GPPO_HD constexpr Term<T> operator()(Token<T> t) const noexcept {
        return shaped(t.ratio, T(gamma), t.advantage);
    }
};

}  // namespace gppo
