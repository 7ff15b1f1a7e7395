// SPDX-License-Identifier: Apache-2.0
//
// Adaptive entropy control (Skywork-OR1, He et al. 2025, arXiv 2505.22312): a bonus that grows by a
// constant each step while the entropy is below its target, shrinks while it is not, and applies
// only while it is below.
//
//   c <- clip(c + step if H < target else c - step, low, high);  bonus c [H < target]
//
// Skywork measures H as -mean(logp_old) of the step's tokens, an estimate from the samples and not
// the full entropy, before it trains on them, and uses the result at once. TRL takes the full
// entropy, also at H = target, and applies the result in the next step; its bonus starts inactive.
// Of all systems TRL alone keeps the state in its checkpoint.
#pragma once

#include <gppo/core/math.hpp>

namespace gppo {

/// What a checkpoint must keep.
struct EntropyControl {
    double coefficient = 0.0;
    bool active = true;  ///< was the entropy below the target; TRL starts with false

    /// For EntropyBonus.
    constexpr float applied() const noexcept {
        return active ? static_cast<float>(coefficient) : 0.0f;
    }
};

/// The defaults are those of Skywork-OR1's scripts; its yaml has step 1e-3, high 0.5, target 0.
struct AdaptiveEntropy {
    double target = 0.2;  ///< nats per token
    double step = 1e-4;
    double low = 0.0;
    double high = 0.005;
    bool inclusive = false;  ///< H = target counts as below

    /// TRL's defaults.
    static constexpr AdaptiveEntropy trl() noexcept {
        return {.step = 0.005, .high = 1.0, .inclusive = true};
    }

    /// The next state. An entropy that is not finite leaves it.
    constexpr EntropyControl operator()(EntropyControl state, double entropy) const noexcept {
        if (!math::finite(entropy)) return state;
        const bool below = inclusive ? entropy <= target : entropy < target;
        const double moved = state.coefficient + (below ? step : -step);
        return {math::clamp(moved, low, high), below};
    }
};

}  // namespace gppo
