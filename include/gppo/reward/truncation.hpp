// SPDX-License-Identifier: Apache-2.0
//
// What happens to a completion that the length limit cut off: penalised (Skywork-OR1), masked out
// of the loss (DeepCoder), or neither.
#pragma once

#include <gppo/core/host_device.hpp>
#include <gppo/core/response.hpp>

namespace gppo {

/// `reward` replaces whatever a cut-off completion would have got; `mask` takes it out of the loss.
struct Truncation {
    bool penalise = false;
    float reward = -1.0f;
    bool mask = false;

    GPPO_HD constexpr float operator()(float score, bool truncated) const noexcept {
        return truncated && penalise ? reward : score;
    }
    constexpr float operator()(float score, const Response& response) const noexcept {
        return (*this)(score, response.truncated);
    }
    /// Whether the completion's tokens train.
    GPPO_HD constexpr bool trains(bool truncated) const noexcept { return !(truncated && mask); }
};

}  // namespace gppo
