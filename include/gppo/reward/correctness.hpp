// SPDX-License-Identifier: Apache-2.0
//
// From right or wrong, or from a share of tests, to a number. Scales differ between papers and
// change the gradient wherever rewards are not normalised per group, so they are named.
//
//     hard   right ? r : w                soft   w + (r - w) * share of tests passed
//
// Klear-Reasoner (arXiv 2508.07629) rewards 4 of 16 tests with 0.25 in the paper and with -0.5 in
// the released code, where the reward is the mean of +1 and -1 over the tests.
#pragma once

#include <gppo/core/host_device.hpp>
#include <gppo/core/response.hpp>

namespace gppo {

/// `right` for a right answer, `wrong` for a wrong one: all tests or nothing.
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
    constexpr float operator()(const Response& response) const noexcept {
        return (*this)(response.right);
    }
};

/// The soft reward: `all` if every test passes, `none` if no test does, linear in between.
struct TestsPassed {
    float all = 1.0f;
    float none = 0.0f;

    constexpr float operator()(const Response& response) const noexcept {
        return Correctness{all, none}(response.passed);
    }
};

/// 1 and 0: DeepCoder's and AceReason's code, and most of TRL's examples.
inline constexpr Correctness zero_one{1.0f, 0.0f};

/// +1 and -1: Klear-Reasoner's maths (verl's reward_config.py), DAPO.
inline constexpr Correctness plus_minus_one{1.0f, -1.0f};

/// All tests or nothing: DeepCoder, and AceCoder's rule.
inline constexpr Correctness code_hard = zero_one;

/// The share of tests passed, as Klear-Reasoner's paper says.
inline constexpr TestsPassed code_soft_paper{1.0f, 0.0f};

/// The mean of +1 and -1 over the tests, as Klear-Reasoner's released code does.
inline constexpr TestsPassed code_soft_released{1.0f, -1.0f};

}  // namespace gppo
