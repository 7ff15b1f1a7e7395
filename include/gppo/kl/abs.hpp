// SPDX-License-Identifier: Apache-2.0
//
// |x| with x = logp - logp_ref ("abs" in verl, OpenRLHF): a distance that a token cannot pay back
// with the opposite sign, as it can in k1. Not an estimate of the KL: it is larger on average.
#pragma once

#include <gppo/core/host_device.hpp>
#include <gppo/core/math.hpp>
#include <gppo/core/token.hpp>

#include <concepts>

namespace gppo {

/// value |x|, weight sign(x), 0 at x = 0 as in torch
struct AbsKl {
    template <std::floating_point T>
    GPPO_HD constexpr Term<T> operator()(T logp, T logp_ref) const noexcept {
        const T x = logp - logp_ref;
        return {math::abs(x), x > T(0) ? T(1) : (x < T(0) ? T(-1) : T(0))};
    }
};

}  // namespace gppo
