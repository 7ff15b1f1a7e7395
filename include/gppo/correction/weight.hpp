// SPDX-License-Identifier: Apache-2.0
//
// w = pi_old / pi_rollout, the quantity every correction bounds. Log-weights beyond +-20 are
// lowered to it (as verl does; TRL, slime and AReaL have no guard), so that w is finite and a
// masked token stays silent.
#pragma once

#include <gppo/core/host_device.hpp>
#include <gppo/core/math.hpp>
#include <gppo/core/view.hpp>

#include <concepts>
#include <vector>

namespace gppo {

template <std::floating_point T>
inline constexpr T largest_log_weight = T(20);

/// exp of a log-weight, guarded.
template <std::floating_point T>
GPPO_HD T weight_of(T log_weight) noexcept {
    return math::exp(math::clamp(log_weight, -largest_log_weight<T>, largest_log_weight<T>));
}

/// The same factor for every token of a sequence.
template <std::floating_point T>
struct ConstantFactor {
    T factor{1};
    GPPO_HD constexpr T operator()(T, T) const noexcept { return factor; }
};

/// One factor per sequence: what a correction at sequence level is once it is bound.
template <std::floating_point T>
struct SequenceFactors {
    std::vector<T> factor;  // (B)
    ConstantFactor<T> at(Index b) const noexcept { return {factor[static_cast<std::size_t>(b)]}; }
};

}  // namespace gppo
