// SPDX-License-Identifier: Apache-2.0
//
// Numbers in [-1, 1), and the distance between two lists of them.
#pragma once

#include <gppo/core/philox.hpp>
#include <gppo/core/view.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

inline std::vector<float> random_values(gppo::Index n, std::uint64_t stream) {
    std::vector<float> values(static_cast<std::size_t>(n));
    for (std::size_t i = 0; i < values.size(); ++i)
        values[i] = gppo::Philox{11}.uniform(stream, i) * 2.0f - 1.0f;
    return values;
}

/// Largest difference as a share of the largest number.
inline float distance(const std::vector<float>& a, const std::vector<float>& b) {
    float most = 0.0f, size = 1e-30f;
    if (a.size() != b.size()) return 1.0f;
    for (std::size_t i = 0; i < a.size(); ++i) {
        if (std::isnan(a[i]) || std::isnan(b[i])) return 1.0f;
        most = std::max(most, std::abs(a[i] - b[i]));
        size = std::max(size, std::abs(b[i]));
    }
    return most / size;
}
