// SPDX-License-Identifier: Apache-2.0
//
// No penalty: the objective does not look at a reference policy.
#pragma once

#include <gppo/core/host_device.hpp>
#include <gppo/core/token.hpp>

namespace gppo {

struct NoKl {
    template <std::floating_point T>
    GPPO_HD constexpr Term<T> operator()(T, T) const noexcept {
        return {};
    }
};

}  // namespace gppo
