// SPDX-License-Identifier: Apache-2.0
//
// Estimates from n sampled completions a problem, c of them correct: pass@k without bias (Chen et
// al. 2021, arXiv 2107.03374, eq. 1), avg@k, the Wilson score interval for one proportion (Wilson
// 1927), and the percentile bootstrap over problems (Efron 1979), which keeps a problem's samples
// together.
#pragma once

#include <gppo/core/error.hpp>
#include <gppo/core/philox.hpp>
#include <gppo/core/view.hpp>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

namespace gppo {

/// Completions of one problem: how many, and how many were correct.
struct Tally {
    Index samples = 0;
    Index correct = 0;
};

struct Interval {
    double low = 0.0;
    double high = 0.0;
};

/// Probability that at least one of k completions drawn without replacement is correct:
/// 1 - C(n - c, k) / C(n, k). Throws Error unless 1 <= k <= n and 0 <= c <= n.
inline double pass_at_k(Tally t, Index k) {
    expects(k >= 1 && k <= t.samples && t.correct >= 0 && t.correct <= t.samples, [&] {
        return "pass@" + std::to_string(k) + ": " + std::to_string(t.correct) + " correct of " +
               std::to_string(t.samples) + " samples; needs at least k samples a problem";
    });
    double all_wrong = 1.0;  // product of (n - c - i) / (n - i), which never overflows
    for (Index i = 0; i < k; ++i)
        all_wrong *= static_cast<double>(std::max<Index>(t.samples - t.correct - i, 0)) /
                     static_cast<double>(t.samples - i);
    return 1.0 - all_wrong;
}

/// Mean of pass@k over problems.
inline double pass_at_k(View<const Tally> problems /* (problems) */, Index k) {
    expects(!problems.empty(), "pass@k: no problems to average over");
    double sum = 0.0;
    for (const Tally& t : problems) sum += pass_at_k(t, k);
    return sum / static_cast<double>(problems.size);
}

/// Share of correct completions, every problem weighing the same: avg@k is this with k samples
/// each.
inline double average_correct(View<const Tally> problems /* (problems) */) {
    return pass_at_k(problems, 1);
}

/// Wilson score interval for `correct` of `samples` independent trials; z = 1.96 for 95 %.
inline Interval wilson_interval(Tally t, double z = 1.959963984540054) {
    expects(t.samples > 0 && t.correct >= 0 && t.correct <= t.samples, [&] {
        return "wilson_interval: " + std::to_string(t.correct) + " of " +
               std::to_string(t.samples) + " is no proportion";
    });
    const auto n = static_cast<double>(t.samples);
    const double p = static_cast<double>(t.correct) / n, z2n = z * z / n;
    const double centre = (p + z2n / 2.0) / (1.0 + z2n);
    const double half = z * std::sqrt(p * (1.0 - p) / n + z2n / (4.0 * n)) / (1.0 + z2n);
    // At 0 and n the bound is the proportion itself; rounding must not push it past.
    return {t.correct == 0 ? 0.0 : std::max(0.0, centre - half),
            t.correct == t.samples ? 1.0 : std::min(1.0, centre + half)};
}

/// Percentile bootstrap of the mean of `values` (one a problem): resamples problems with
/// replacement. The same seed gives the same interval.
inline Interval bootstrap_interval(View<const double> values /* (problems) */, std::uint64_t seed,
                                   Index resamples = 1000, double confidence = 0.95) {
    expects(!values.empty() && resamples > 0 && confidence > 0.0 && confidence < 1.0,
            "bootstrap_interval: needs values, resamples > 0 and a confidence in (0, 1)");
    std::vector<double> means(static_cast<std::size_t>(resamples));
    const auto count = static_cast<std::uint64_t>(values.size);
    for (std::uint64_t r = 0; r < means.size(); ++r) {
        double sum = 0.0;
        for (std::uint64_t i = 0; i < count; ++i)
            sum += values[static_cast<Index>(Philox{seed}.below(count, r, i))];
        means[r] = sum / static_cast<double>(count);
    }
    std::sort(means.begin(), means.end());
    const auto at = [&](double share) {
        return means[static_cast<std::size_t>(share * static_cast<double>(means.size() - 1) + 0.5)];
    };
    return {at((1.0 - confidence) / 2.0), at((1.0 + confidence) / 2.0)};
}

/// The same for pass@k.
inline Interval bootstrap_interval(View<const Tally> problems /* (problems) */, Index k,
                                   std::uint64_t seed, Index resamples = 1000,
                                   double confidence = 0.95) {
    std::vector<double> values;
    for (const Tally& t : problems) values.push_back(pass_at_k(t, k));
    return bootstrap_interval(View<const double>(values), seed, resamples, confidence);
}

}  // namespace gppo
