// SPDX-License-Identifier: Apache-2.0
//
// The loss of a value head (PPO's code, Schulman et al. 2017; every system here): the larger of the
// squared errors of the value and of the value kept within `clip` of what it was at the rollout.
//
//   L = 1/2 max((V - R)^2, (clip(V, V_old - clip, V_old + clip) - R)^2)
//
//   V within the clip              dL/dV = V - R
//   outside, and further from R than its bound     V - R
//   outside, but nearer to R than its bound        0
//
// A tie outside the clip (R midway between V and its bound) keeps the gradient; torch would halve
// it.
#pragma once

#include <gppo/core/host_device.hpp>
#include <gppo/core/math.hpp>
#include <gppo/core/token.hpp>

#include <concepts>

namespace gppo {

struct ValueLoss {
    float clip = 0.5f;  ///< verl 0.5; 0: not clipped, plain squared error

    /// value L, weight dL/dV
    template <std::floating_point T>
    GPPO_HD constexpr Term<T> operator()(T value, T value_old, T ret) const noexcept {
        const T kept =
            clip > 0.0f ? math::clamp(value, value_old - T(clip), value_old + T(clip)) : value;
        const T error = value - ret, kept_error = kept - ret;
        const bool plain = error * error >= kept_error * kept_error;
        const T larger = plain ? error : kept_error;
        return {larger * larger / T(2), plain ? error : T(0)};
    }
};

}  // namespace gppo
