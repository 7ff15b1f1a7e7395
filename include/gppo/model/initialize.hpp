// SPDX-License-Identifier: Apache-2.0
//
// Random weights as transformers draws them: matrices normal(0, initializer_range), norms 1. Each
// number depends only on (seed, tensor, place), by Box and Muller 1958 from one Philox block a
// pair.
#pragma once

#include <gppo/backend/backend.hpp>
#include <gppo/core/math.hpp>
#include <gppo/core/philox.hpp>
#include <gppo/model/parameters.hpp>

#include <cmath>
#include <vector>

namespace gppo {

/// Two independent standard normals.
struct NormalPair {
    double first, second;
};
GPPO_HD inline NormalPair normal_pair(const Philox& random, std::uint64_t high, std::uint64_t low) {
    const auto words = random(high, low);
    const double u = (static_cast<double>(words[0]) + 0.5) * 0x1p-32;
    const double angle = static_cast<double>(words[1]) * (0x1p-31 * 3.14159265358979323846);
    const double radius = std::sqrt(-2.0 * std::log(u));
    return {radius * std::cos(angle), radius * std::sin(angle)};
}

/// A chunk of one tensor: ones for a norm, else normal numbers.
struct InitializeChunk {
    static constexpr Index chunk = 4096;  // even: pairs stay together
    View<float> out;
    std::uint64_t seed, tensor;
    float range;
    bool ones;

    template <class Team>
    GPPO_HD void operator()(Team team, Index n) const {
        const Index first = n * chunk;
        const View<float> to = out.slice(first, math::min(chunk, out.size - first));
        if (ones) return team.for_each(to.size, [=](Index i) { to[i] = 1.0f; });
        const auto scale = static_cast<double>(range);
        const Philox random{seed};
        team.for_each((to.size + 1) / 2, [=, which = tensor](Index i) {
            const NormalPair pair =
                normal_pair(random, which, static_cast<std::uint64_t>(first / 2 + i));
            to[2 * i] = static_cast<float>(scale * pair.first);
            if (2 * i + 1 < to.size) to[2 * i + 1] = static_cast<float>(scale * pair.second);
        });
    }
};

/// Fills every tensor of the flat buffer.
template <Backend K>
void initialize(const K& backend, const std::vector<TensorInfo>& tensors, float range,
                std::uint64_t seed, View<float> weights /* the backend's */) {
    for (std::size_t n = 0; n < tensors.size(); ++n) {
        const View<float> out = weights.slice(tensors[n].offset, tensors[n].size());
        backend.for_rows((out.size + InitializeChunk::chunk - 1) / InitializeChunk::chunk,
                         InitializeChunk{out, seed, n, range, tensors[n].shape.size() == 1});
    }
}

}  // namespace gppo
