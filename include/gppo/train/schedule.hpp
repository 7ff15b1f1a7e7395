// SPDX-License-Identifier: Apache-2.0
//
// Learning rate against step: linear warm-up, then constant, linear or cosine down to `lr_min`.
#pragma once

#include <gppo/core/error.hpp>
#include <gppo/core/view.hpp>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>
#include <string_view>

namespace gppo {

enum class Decay { constant, linear, cosine };

/// "constant", "linear" or "cosine".
inline Decay decay_from_name(std::string_view name) {
    if (name == "constant") return Decay::constant;
    if (name == "linear") return Decay::linear;
    if (name == "cosine") return Decay::cosine;
    throw Error("schedule '" + std::string(name) + "' is unknown: use constant, linear or cosine");
}

/// The learning rate of optimizer update `update`, counted from 0.
struct Schedule {
    double lr = 1e-6;
    double lr_min = 0.0;
    Index warmup = 0;  // updates over which the rate rises linearly from lr / warmup
    Index total = 0;   // updates until lr_min is reached; unused by Decay::constant
    Decay decay = Decay::constant;

    double operator()(Index update) const noexcept {
        if (update < warmup)
            return lr * static_cast<double>(update + 1) / static_cast<double>(warmup);
        if (decay == Decay::constant || total <= warmup) return lr;
        const double done = std::min(
            1.0, static_cast<double>(update - warmup) / static_cast<double>(total - warmup));
        const double share =
            decay == Decay::linear ? 1.0 - done : 0.5 * (1.0 + std::cos(std::numbers::pi * done));
        return lr_min + (lr - lr_min) * share;
    }
};

}  // namespace gppo
