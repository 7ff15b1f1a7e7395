// SPDX-License-Identifier: Apache-2.0
//
// Penalties for a response without its thinking tags (Klear-Reasoner, verl's reward_config.py), and
// rewards for one of the asked form.
#pragma once

#include <gppo/core/host_device.hpp>
#include <gppo/core/response.hpp>

namespace gppo {

/// The reward of a response that lacks a tag *replaces* that of its answer, as in the released
/// code: no </think> first, then no <think>. Note that with these defaults a wrong answer (-1)
/// scores lower than a cut-off one (-0.5).
struct ThinkPenalty {
    float missing_close = -0.5f;
    float missing_open = -2.0f;

    GPPO_HD constexpr float operator()(float reward, ThinkTags tags) const noexcept {
        if (!tags.closed) return missing_close;
        return tags.opened ? reward : missing_open;
    }
    constexpr float operator()(float reward, const Response& response) const noexcept {
        return (*this)(reward, response.tags);
    }
};

/// Adds `penalty` (not positive) to the reward of a response that has not the asked form.
struct FormatPenalty {
    float penalty = -0.5f;

    GPPO_HD constexpr float operator()(float reward, bool well_formed) const noexcept {
        return well_formed ? reward : reward + penalty;
    }
    constexpr float operator()(float reward, const Response& response) const noexcept {
        return (*this)(reward, response.well_formed);
    }
};

/// A reward of its own for the form, as DeepSeek-R1 (arXiv 2501.12948) adds one to the answer's.
struct FormatReward {
    float good = 1.0f;
    float bad = 0.0f;

    constexpr float operator()(const Response& response) const noexcept {
        return response.well_formed ? good : bad;
    }
};

}  // namespace gppo
