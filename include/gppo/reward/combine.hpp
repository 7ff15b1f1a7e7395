// SPDX-License-Identifier: Apache-2.0
//
// Putting several rewards together: a weighted sum and a clamp.
#pragma once

#include <gppo/core/error.hpp>
#include <gppo/core/host_device.hpp>
#include <gppo/core/math.hpp>
#include <gppo/core/response.hpp>
#include <gppo/core/view.hpp>

#include <string>

namespace gppo {

/// The sum of weight[i] * reward[i]. A reward of weight 0 does not count, even if it is not finite.
/// Throws Error if the two differ in size.
inline float weighted_sum(View<const float> rewards /* (N) */,
                          View<const float> weights /* (N) */) {
    expects(rewards.size == weights.size, [&] {
        return "weighted_sum: " + std::to_string(rewards.size) + " rewards but " +
               std::to_string(weights.size) + " weights";
    });
    double sum = 0;
    for (Index i = 0; i < rewards.size; ++i)
        if (weights[i] != 0.0f)
            sum += static_cast<double>(weights[i]) * static_cast<double>(rewards[i]);
    return static_cast<float>(sum);
}

/// Holds a reward in [low, high]. NaN stays NaN, so that it is seen and not trained on.
struct Clamp {
    float low = -1.0f;
    float high = 1.0f;

    GPPO_HD constexpr float operator()(float reward) const noexcept {
        return math::clamp(reward, low, high);
    }
    constexpr float operator()(float reward, const Response&) const noexcept {
        return (*this)(reward);
    }
};

}  // namespace gppo
