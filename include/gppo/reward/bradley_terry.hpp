// SPDX-License-Identifier: Apache-2.0
//
// Bradley-Terry: the better of two answers should score higher (Bradley and Terry 1952; as a loss
// of reward models Ouyang et al. 2022, arXiv 2203.02155; of pairs by their tests AceCoder, arXiv
// 2502.01718).
//
//   d = s_chosen - s_rejected - margin,   L = -log sigmoid(d) = log(1 + e^-d),   dL/dd =
//   -sigmoid(-d)
//
//   d -> +inf   L -> 0     weight -> 0       the pair is learnt
//   d = 0       L = log 2  weight = -1/2
//   d -> -inf   L -> -d    weight -> -1      wrong by far: a slope, and no overflow
//
// A margin (Llama 2, arXiv 2307.09288) asks for a lead; AceCoder and OpenRLHF have none.
#pragma once

#include <gppo/core/host_device.hpp>
#include <gppo/core/math.hpp>
#include <gppo/core/token.hpp>

#include <concepts>

namespace gppo {

struct BradleyTerry {
    float margin = 0.0f;

    /// value L, weight dL / d chosen; dL / d rejected is minus the weight.
    template <std::floating_point T>
    GPPO_HD Term<T> operator()(T chosen, T rejected) const noexcept {
        const T lead = chosen - rejected - T(margin);
        const T tail = math::exp(lead > T(0) ? -lead : lead);  // in (0, 1]
        const T positive = T(1) / (T(1) + tail), other = tail / (T(1) + tail);
        return {(lead > T(0) ? T(0) : -lead) + math::log(T(1) + tail),
                -(lead > T(0) ? other : positive)};
    }
};

}  // namespace gppo
