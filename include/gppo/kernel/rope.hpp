// SPDX-License-Identifier: Apache-2.0
//
// Rotary position embedding (Su et al. 2021, arXiv 2104.09864) in the half-split convention of
// transformers' rotate_half: element i turns with element i + D/2 by the angle p theta^(-2i/D).
#pragma once

#include <gppo/core/math.hpp>
#include <gppo/kernel/team.hpp>

#include <cmath>

namespace gppo {

/// How fast each pair turns: theta^(-2i/D), or what YaRN (model/yarn.hpp) makes of it.
struct RopeFrequencies {
    float theta = 10000.0f;
    float factor = 0.0f;             ///< slow pairs turn by this much less; 0: no YaRN
    float low = 0.0f, width = 1.0f;  ///< pairs up to low are kept, from low + width on slowed
    float scale = 1.0f;              ///< of cosines and sines

    /// Radians a position of pair i of `half`.
    GPPO_HD float operator()(Index i, float half) const {
        const float turns = std::pow(theta, static_cast<float>(i) / half);
        const float kept = 1.0f / turns;
        if (factor == 0.0f) return kept;
        const float at = (static_cast<float>(i) - low) / width;
        const float share = 1.0f - (at < 0.0f ? 0.0f : at > 1.0f ? 1.0f : at);
        return 1.0f / (factor * turns) * (1.0f - share) + kept * share;
    }
};

/// Fills one row of the tables. Angles are rounded to float in the order transformers rounds them.
template <Team X>
GPPO_HD void rope_angles(X team, Index position, RopeFrequencies frequency,
                         View<float> cosine /* (D/2) */, View<float> sine /* (D/2) */) {
    const auto half = static_cast<float>(cosine.size);
    team.for_each(cosine.size, [=](Index i) {
        const float angle = static_cast<float>(position) * frequency(i, half);
        cosine[i] = std::cos(angle) * frequency.scale;
        sine[i] = std::sin(angle) * frequency.scale;
    });
}

/// Turns one head by the angles of its position, in place.
template <Team X, class T>
GPPO_HD void rope(X team, View<const float> cosine /* (D/2) */, View<const float> sine /* (D/2) */,
                  View<T> x /* (D) */) {
    const Index half = cosine.size;
    team.for_each(half, [=](Index i) {
        const auto a = static_cast<float>(x[i]), b = static_cast<float>(x[i + half]);
        x[i] = static_cast<T>(a * cosine[i] - b * sine[i]);
        x[i + half] = static_cast<T>(b * cosine[i] + a * sine[i]);
    });
}

/// The gradient: the same turn backwards, in place.
template <Team X, class T>
GPPO_HD void rope_backward(X team, View<const float> cosine /* (D/2) */,
                           View<const float> sine /* (D/2) */, View<T> dx /* (D) */) {
    const Index half = cosine.size;
    team.for_each(half, [=](Index i) {
        const auto a = static_cast<float>(dx[i]), b = static_cast<float>(dx[i + half]);
        dx[i] = static_cast<T>(a * cosine[i] + b * sine[i]);
        dx[i + half] = static_cast<T>(b * cosine[i] - a * sine[i]);
    });
}

}  // namespace gppo
