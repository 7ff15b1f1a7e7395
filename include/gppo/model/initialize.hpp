// SPDX-License-Identifier: Apache-2.0
//
// Random weights as transformers draws them: matrices normal(0, initializer_range), norms 1. Each
// number depends only on (seed, tensor, place), by Box and Muller 1958 from one Philox block a
// pair.
#pragma once

#include <gppo/backend/backend.hpp>
#include <gppo/core/philox.hpp>
#include <gppo/model/parameters.hpp>

#include <array>
#include <cmath>
#include <vector>

namespace gppo {

/// Two independent standard normals.
inline std::array<double, 2> normal_pair(const Philox& random, std::uint64_t high,
                                         std::uint64_t low) {
    const auto words = random(high, low);
    const double u = (static_cast<double>(words[0]) + 0.5) * 0x1p-32;
    const double angle = static_cast<double>(words[1]) * (0x1p-31 * 3.14159265358979323846);
    const double radius = std::sqrt(-2.0 * std::log(u));
    return {radius * std::cos(angle), radius * std::sin(angle)};
}

/// Fills every tensor of the flat buffer.
template <Backend K>
void initialize(const K& backend, const std::vector<TensorInfo>& tensors, float range,
                std::uint64_t seed, View<float> weights) {
    for (std::size_t n = 0; n < tensors.size(); ++n) {
        const View<float> out = weights.slice(tensors[n].offset, tensors[n].size());
        if (tensors[n].shape.size() == 1) {
            backend.for_rows(out.size, [=](auto, Index i) { out[i] = 1.0f; });
            continue;
        }
        backend.for_rows((out.size + 1) / 2, [=](auto, Index i) {
            const auto pair = normal_pair(Philox{seed}, n, static_cast<std::uint64_t>(i));
            out[2 * i] = static_cast<float>(static_cast<double>(range) * pair[0]);
            if (2 * i + 1 < out.size)
                out[2 * i + 1] = static_cast<float>(static_cast<double>(range) * pair[1]);
        });
    }
}

}  // namespace gppo
