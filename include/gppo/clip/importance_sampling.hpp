// SPDX-License-Identifier: Apache-2.0
//
// Plain importance sampling: J = r A, the surrogate that every clip starts from (Kakade and
// Langford 2002; SkyRL's "importance_sampling"). Unbiased, and unbounded: one token with a large
// ratio can outweigh the batch.
#pragma once

#include <gppo/core/host_device.hpp>
#include <gppo/core/token.hpp>

#include <concepts>

namespace gppo {

///            every ratio, both signs
///   value    r A
///   weight   r A
struct ImportanceSampling {
    template <std::floating_point T>
    GPPO_HD constexpr Term<T> operator()(Token<T> t) const noexcept {
        const T value = t.ratio * t.advantage;
        return {value, value};
    }
};

}  // namespace gppo
