// SPDX-License-Identifier: Apache-2.0
//
// Random weights as transformers draws them: matrices normal(0, initializer_range), norms 1. Each
// number depends only on (seed, tensor, place), by Box and Muller 1958 from one Philox block a
// pair.
#pragma once

#include <gppo/backend/backend.hpp>
#include <gppo/backend/stored_view.hpp>
#include <gppo/core/math.hpp>
#include <gppo/core/philox.hpp>
#include <gppo/model/parameters.hpp>

#include <cmath>
#include <type_traits>
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

GPPO_HD inline void set_number(float& to, float value) noexcept {
    to = value;
}
GPPO_HD inline void set_number(std::uint16_t& to, float value) noexcept {
    to = float_to_bf16(value);
}

/// A chunk of one tensor: ones for a norm, else normal numbers. In bf16 they are rounded to
/// nearest.
template <class T>
struct InitializeChunk {
    static constexpr Index chunk = 4096;  // even: pairs stay together
    View<T> out;
    std::uint64_t seed, tensor;
    float range;
    bool ones;

    template <class Team>
    GPPO_HD void operator()(Team team, Index n) const {
        const Index first = n * chunk;
        const View<T> to = out.slice(first, math::min(chunk, out.size - first));
        if (ones) return team.for_each(to.size, [=](Index i) { set_number(to[i], 1.0f); });
        const auto scale = static_cast<double>(range);
        const Philox random{seed};
        team.for_each((to.size + 1) / 2, [=, which = tensor](Index i) {
            const NormalPair pair =
                normal_pair(random, which, static_cast<std::uint64_t>(first / 2 + i));
            set_number(to[2 * i], static_cast<float>(scale * pair.first));
            if (2 * i + 1 < to.size)
                set_number(to[2 * i + 1], static_cast<float>(scale * pair.second));
        });
    }
};

/// Fills every tensor of the flat buffer.
template <Backend K>
void initialize(const K& backend, const std::vector<TensorInfo>& tensors, float range,
                std::uint64_t seed, StoredView<float> weights /* the backend's */) {
    const auto fill = [&](auto all) {
        using Chunk = InitializeChunk<std::remove_reference_t<decltype(all[0])>>;
        for (std::size_t n = 0; n < tensors.size(); ++n) {
            const auto out = all.slice(tensors[n].offset, tensors[n].size());
            backend.for_rows((out.size + Chunk::chunk - 1) / Chunk::chunk,
                             Chunk{out, seed, n, range, tensors[n].shape.size() == 1});
        }
    };
    if (weights.kept == Precision::bf16)
        fill(weights.halves());
    else
        fill(weights.floats());
}

}  // namespace gppo
