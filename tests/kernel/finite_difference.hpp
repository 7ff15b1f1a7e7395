// SPDX-License-Identifier: Apache-2.0
//
// Finite differences for kernels in float: central, with the loss summed in double.
#pragma once

#include "catch.hpp"

#include <gppo/core/philox.hpp>
#include <gppo/core/view.hpp>

#include <cmath>
#include <functional>
#include <random>
#include <vector>

namespace gppo::test {

inline std::uint64_t random_seed() {
    return std::random_device{}();
}

inline std::vector<float> random_values(Index n, std::uint64_t seed, std::uint64_t stream,
                                        float low = -1.5f, float high = 1.5f) {
    std::vector<float> values(static_cast<std::size_t>(n));
    for (std::size_t i = 0; i < values.size(); ++i)
        values[i] = low + (high - low) * Philox{seed}.uniform(stream, i);
    return values;
}

inline double dot(const std::vector<float>& a, const std::vector<float>& b) {
    double total = 0;
    for (std::size_t i = 0; i < a.size(); ++i)
        total += static_cast<double>(a[i]) * static_cast<double>(b[i]);
    return total;
}

/// Checks that `gradient` is the slope of `loss` in every element of `x`.
inline void check_slope(std::vector<float>& x, const std::vector<float>& gradient,
                        const std::function<double()>& loss, double tolerance = 2e-3,
                        float step = 1e-2f) {
    REQUIRE(x.size() == gradient.size());
    for (std::size_t i = 0; i < x.size(); ++i) {
        const float kept = x[i];
        x[i] = kept + step;
        const float above = x[i];
        const double up = loss();
        x[i] = kept - step;
        const double width = static_cast<double>(above) - static_cast<double>(x[i]);
        const double slope = (up - loss()) / width, ours = static_cast<double>(gradient[i]);
        x[i] = kept;
        CAPTURE(i, slope, ours);
        REQUIRE(std::abs(slope - ours) < tolerance * (1.0 + std::abs(slope)));
    }
}

}  // namespace gppo::test
