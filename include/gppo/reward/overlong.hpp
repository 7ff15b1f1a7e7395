// SPDX-License-Identifier: Apache-2.0
//
// Soft overlong punishment (DAPO, arXiv 2503.14476, eq. 13): nothing up to `longest - buffer`
// tokens, then a straight line down to -factor at `longest`.
//
//     penalty = min(-(length - (longest - buffer)) / buffer * factor, 0)
#pragma once

#include <gppo/core/host_device.hpp>
#include <gppo/core/math.hpp>
#include <gppo/core/response.hpp>
#include <gppo/core/view.hpp>

namespace gppo {

/// Lengths in tokens. As in verl, a length beyond `longest` goes on falling; buffer 0 switches it
/// off. `longest` 0 stands for the response's own limit.
struct Overlong {
    Index longest = 16'384;
    Index buffer = 4'096;
    float factor = 1.0f;

    /// The penalty to add to the reward of a response of `length` tokens. Never positive.
    GPPO_HD constexpr float operator()(Index length) const noexcept {
        if (buffer <= 0) return 0.0f;
        const float excess = static_cast<float>(length - (longest - buffer));
        return math::min(-excess / static_cast<float>(buffer) * factor, 0.0f);
    }
    constexpr float operator()(const Response& response) const noexcept {
        return Overlong{longest > 0 ? longest : response.limit, buffer, factor}(response.length);
    }
};

}  // namespace gppo
