// SPDX-License-Identifier: Apache-2.0
//
// REINFORCE (Williams 1992): J = A logp. No ratio, so nothing that reuse of the samples could clip;
// for one update per rollout. GPG (Chu et al. 2025, arXiv 2504.02546) is this loss with its own
// advantages (verl "gpg"; ROLL's vanilla loss; NeMo-RL's disable_ppo_ratio).
#pragma once

#include <gppo/core/host_device.hpp>
#include <gppo/core/token.hpp>

#include <concepts>

namespace gppo {

///            every ratio, both signs
///   value    A logp
///   weight   A
struct Reinforce {
    template <std::floating_point T>
    GPPO_HD constexpr Term<T> operator()(Token<T> t) const noexcept {
        return {t.advantage * t.logp, t.advantage};
    }
};

}  // namespace gppo
