// SPDX-License-Identifier: Apache-2.0
//
// Rotary position embedding (Su et al. 2021, arXiv 2104.09864) in the half-split convention of
// transformers' rotate_half: element i turns with element i + D/2 by the angle p theta^(-2i/D).
#pragma once

#include <gppo/core/math.hpp>
#include <gppo/kernel/team.hpp>

#include <cmath>

namespace gppo {

/// Fills one row of the tables. Angles are rounded to float in the order transformers rounds them.
template <Team X>
GPPO_HD void rope_angles(X team, Index position, float theta, View<float> cosine /* (D/2) */,
                         View<float> sine /* (D/2) */) {
    const auto half = static_cast<float>(cosine.size);
    team.for_each(cosine.size, [=](Index i) {
        const float frequency = 1.0f / std::pow(theta, static_cast<float>(i) / half);
        const float angle = static_cast<float>(position) * frequency;
        cosine[i] = std::cos(angle);
        sine[i] = std::sin(angle);
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
