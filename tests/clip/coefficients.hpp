// SPDX-License-Identifier: Apache-2.0
//
// F, the gradient coefficient of a policy: d loss / d logp = -A F. The published losses agree on F
// where they agree at all, so a table of F over the ratio identifies a loss.
#pragma once

#include <gppo/core/math.hpp>
#include <gppo/core/token.hpp>

#include <algorithm>
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

/// Log-ratios that leave the range of float one way or the other, and what the library lowers them
/// to.
inline constexpr std::array<double, 9> extremes{-104, -89, -60, -20, 0, 1, 20, 60, 88};

/// A token at a log-ratio.
template <class T>
gppo::Token<T> token_at(double delta, double advantage, double logp_old = -2.0) {
    const T old = static_cast<T>(logp_old), logp = static_cast<T>(logp_old + delta);
    return {logp, old, gppo::math::exp(logp - old), static_cast<T>(advantage)};
}

/// Whether no log-ratio makes value or weight a NaN, in float and in double.
template <class Policy>
bool never_nan(const Policy& policy) {
    bool fine = true;
    const auto look = [&](const auto& token) {
        const auto term = policy(token);
        fine = fine && !std::isnan(term.value) && !std::isnan(term.weight);
    };
    for (const double delta : extremes)
        for (const double logp_old : {-2.0, -1e-7, 0.0, -100.0})
            for (const double advantage : {-1.7, 0.0, 0.3}) {
                look(token_at<float>(delta, advantage, logp_old));
                look(token_at<double>(delta, advantage, logp_old));
            }
    return fine;
}

/// Whether a token without advantage has neither value nor weight.
template <class Policy>
bool silent_without_advantage(const Policy& policy) {
    bool silent = true;
    for (const double delta : extremes) {
        const auto term = policy(token_at<float>(delta, 0.0));
        silent = silent && term.value == 0.0f && term.weight == 0.0f;
    }
    return silent;
}

/// Whether the weight is the derivative of `frozen(logp, logp_at, advantage)` over a range of
/// ratios, and the value is frozen where the two log-probs are one. logp_old is -2.
template <class Policy, class Frozen>
bool is_gradient_of(const Policy& policy, const Frozen& frozen) {
    bool same = true;
    for (const double advantage : {-0.7, 1.3})
        for (double delta = -3.0; delta < 1.9; delta += 0.0937) {
            const auto token = token_at<double>(delta, advantage);
            const auto at = [&](double logp, double stopped) {
                return frozen(logp, stopped, advantage);
            };
            const auto term = policy(token);
            const double derivative = slope(at, token.logp), value = at(token.logp, token.logp);
            same = same && std::abs(derivative - term.weight) <= 1e-6 &&
                   std::abs(value - term.value) <= 1e-9;
        }
    return same;
}
