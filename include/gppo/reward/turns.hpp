// SPDX-License-Identifier: Apache-2.0
//
// Rewards of how a conversation with tools went.
//
// Turns (R1-Code-Interpreter, arXiv 2505.21668): +0.1 where every turn before the final one is well
// formed, else -0.1; -0.1 for more than 6 turns. A reply at once has no turn to be rewarded for.
// `each` counts every turn of its own instead of all of them once.
//
// Tool format (ToolRL, arXiv 2504.13958): 1 if every tool call can be read, else 0.
#pragma once

#include <gppo/core/response.hpp>

namespace gppo {

/// Adds to the answer's reward.
struct TurnReward {
    float well_formed = 0.1f;
    float malformed = -0.1f;
    float too_many = -0.1f;
    Index most = 6;
    bool each = false;

    constexpr float operator()(const Response& response) const noexcept {
        const Index before = response.turns - 1, bad = response.malformed_turns;
        const float reward = response.turns > most ? too_many : 0.0f;
        if (before <= 0) return reward;
        if (!each) return reward + (bad == 0 ? well_formed : malformed);
        return reward + well_formed * static_cast<float>(before - bad) +
               malformed * static_cast<float>(bad);
    }
};

/// `none` is for a response that calls no tool.
struct ToolFormat {
    float good = 1.0f;
    float bad = 0.0f;
    float none = 0.0f;

    constexpr float operator()(const Response& response) const noexcept {
        if (response.calls == 0) return none;
        return response.malformed_calls == 0 ? good : bad;
    }
};

}  // namespace gppo
