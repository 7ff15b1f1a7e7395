// SPDX-License-Identifier: Apache-2.0
//
// F, the gradient coefficient of a policy: d loss / d logp = -A F. The published losses agree on F
// where they agree at all, so a table of F over the ratio identifies a loss.
#pragma once

#include <gppo/core/math.hpp>
#include <gppo/core/token.hpp>

#include <array>
#include <cmath>

using Row = std::array<double, 5>;
inline constexpr Row table_ratios{0.5, 1.0, 1.5, 4.0, 12.0};

/// F at a ratio, for an advantage of this sign and size.
template <class T, class Policy>
T coefficient_of(const Policy& policy, T advantage, T ratio) {
    const T logp_old = T(-2);
    const T logp = logp_old + std::log(ratio);
    return policy(gppo::Token<T>{logp, logp_old, ratio, advantage}).weight / advantage;
}

/// F at the five ratios of the published table.
template <class T, class Policy>
Row row_of(const Policy& policy, T advantage) {
    Row row{};
    for (std::size_t i = 0; i < row.size(); ++i)
        row[i] = static_cast<double>(coefficient_of(policy, advantage, T(table_ratios[i])));
    return row;
}

/// Whether F is `expected`, in float and in double, for two sizes of advantage.
template <class Policy>
bool has_row(const Policy& policy, double sign, const Row& expected) {
    bool same = true;
    for (const double size : {1.0, 0.3}) {
        const Row f = row_of(policy, static_cast<float>(sign * size));
        const Row d = row_of(policy, sign * size);
        for (std::size_t i = 0; i < f.size(); ++i)
            same = same && std::abs(f[i] - expected[i]) <= 4e-7 * expected[i] &&
                   std::abs(d[i] - expected[i]) <= 4e-7 * expected[i];
    }
    return same;
}

/// d value / d logp by central differences of `frozen(logp, logp_at)`, J with what the paper stops
/// the gradient of computed at logp_at.
template <class Frozen>
double slope(const Frozen& frozen, double logp) {
    const double h = 1e-6;
    return (frozen(logp + h, logp) - frozen(logp - h, logp)) / (2.0 * h);
}
