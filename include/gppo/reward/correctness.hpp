// SPDX-License-Identifier: Apache-2.0
//
// From right or wrong to a number. Scales differ between papers and change the gradient wherever
// rewards are not normalised per group, so they are named.
#pragma once

#include <gppo/core/host_device.hpp>

namespace gppo {

/// `right` for a right answer, `wrong` for a wrong one.
struct Correctness {
    float right = 1.0f;
    float wrong = 0.0f;

    GPPO_HD constexpr float operator()(bool is_right) const noexcept {
        return is_right ? right : wrong;
    }
    /// For a share of tests passed, in [0, 1]: linear between the two.
    GPPO_HD constexpr float operator()(float share) const noexcept {
        return wrong + (right - wrong) * share;
    }
};

/// 1 and 0: DeepCoder, AceReason, and most of TRL's examples.
inline constexpr Correctness zero_one{1.0f, 0.0f};

/// +1 and -1: Klear-Reasoner's maths (verl's reward_config.py), DAPO.
inline constexpr Correctness plus_minus_one{1.0f, -1.0f};

}  // namespace gppo
