// SPDX-License-Identifier: Apache-2.0
//
// Draws one token from a row of logits: temperature, then top-k, top-p (Holtzman et al. 2020, arXiv
// 1904.09751) and min-p (arXiv 2407.01082), then the inverse of the cumulative distribution at one
// uniform number. Nothing is sorted: a threshold on the logits is found by bisection over the bits
// of a float, at most 32 counting passes, on a thread block as on one thread.
#pragma once

#include <gppo/core/math.hpp>
#include <gppo/core/ordered_bits.hpp>
#include <gppo/kernel/team.hpp>

#include <cstdint>

namespace gppo {

/// How one token is drawn. top_k 0, top_p 1 and min_p 0 are off.
struct SampleRule {
    float inverse_temperature = 1.0f;
    Index top_k = 0;
    float top_p = 1.0f;
    float min_p = 0.0f;
    bool greedy = false;  ///< the largest logit, the lowest id among equals
};

/// The token and its log-probability at that temperature *before* any filter, which is what the
/// trainer's forward pass recomputes. `finite` is false when a logit was NaN or infinite.
struct SampledToken {
    std::int32_t token = 0;
    float logp = 0.0f;
    bool finite = true;
};

/// The largest key in [low, high] with enough(key), given that enough(low) and that `enough` only
/// ever turns from true to false.
template <class F>
GPPO_HD std::uint32_t largest_key(std::uint32_t low, std::uint32_t high, F enough) {
    while (low < high) {
        const std::uint32_t middle = low + (high - low) / 2 + 1;
        if (enough(middle))
            low = middle;
        else
            high = middle - 1;
    }
    return low;
}

/// Zeroes the weights that top-k, top-p and min-p remove, in that order (as transformers does).
/// Tokens equal to the last one kept are kept too, so the set never depends on the order of ids.
template <Team X>
GPPO_HD void filter_weights(X team, View<const float> logits /* (V) */, const SampleRule& rule,
                            float top_logit, View<float> weight /* (V) */) {
    const Index count = logits.size;
    const auto mass = [=](std::uint32_t key) {
        return team.sum(count,
                        [=](Index i) { return ordered_bits(logits[i]) >= key ? weight[i] : 0.0f; });
    };
    const std::uint32_t top = ordered_bits(top_logit);
    std::uint32_t key = 0;
    if (rule.top_k > 0 && rule.top_k < count)
        key = largest_key(key, top, [=](std::uint32_t candidate) {
            return team.sum(count, [=](Index i) {
                return ordered_bits(logits[i]) >= candidate ? 1.0f : 0.0f;
            }) >= static_cast<float>(rule.top_k);
        });
    if (rule.top_p < 1.0f) {
        const float enough = rule.top_p * mass(key);
        key = largest_key(key, top,
                          [=](std::uint32_t candidate) { return mass(candidate) >= enough; });
    }
    const float least = rule.min_p;  // the largest weight is 1
    team.for_each(count, [=](Index i) {
        weight[i] = ordered_bits(logits[i]) >= key && weight[i] >= least ? weight[i] : 0.0f;
    });
}

/// The first i whose cumulative weight exceeds `uniform` of the total. Sums go chunk by chunk, the
/// same way in both passes, so rounding cannot step past the end.
template <Team X>
GPPO_HD Index inverse_cumulative(X team, View<const float> weight /* (V) */, double uniform) {
    constexpr Index chunk = 256;
    const auto chunk_sum = [=](Index first) {
        const View<const float> part = weight.slice(first, math::min(chunk, weight.size - first));
        return static_cast<double>(team.sum(part.size, [=](Index i) { return part[i]; }));
    };
    double total = 0.0;
    for (Index first = 0; first < weight.size; first += chunk) total += chunk_sum(first);
    const double target = uniform * total;
    double before = 0.0;
    Index last = 0, begin = 0;
    bool found = false;
    for (Index first = 0; first < weight.size && !found; first += chunk) {
        const double sum = chunk_sum(first);
        if (sum > 0.0) begin = first;
        found = before + sum > target;
        if (!found) before += sum;
    }
    // Rounding of uniform * total can reach the total: then the last token with any weight.
    for (Index i = begin; i < math::min(begin + chunk, weight.size); ++i) {
        if (weight[i] <= 0.0f) continue;
        last = i;
        before += static_cast<double>(weight[i]);
        if (found && before > target) break;
    }
    return last;
}

/// One row. `uniform` is in [0, 1); `weight` is scratch. The logits are left as they are.
template <Team X>
GPPO_HD SampledToken sample(X team, View<const float> logits /* (V) */, const SampleRule& rule,
                            double uniform, View<float> weight /* (V) */) {
    const Index count = logits.size;
    const float bad =
        team.sum(count, [=](Index i) { return math::finite(logits[i]) ? 0.0f : 1.0f; });
    if (bad > 0.0f) return {0, 0.0f, false};
    const float top = team.max(count, [=](Index i) { return logits[i]; });
    const float max = top * rule.inverse_temperature, inverse = rule.inverse_temperature;
    const float total = team.sum(count, [=](Index i) {
        weight[i] = math::exp(logits[i] * inverse - max);
        return weight[i];
    });
    Index token = 0;
    if (rule.greedy) {
        token = -static_cast<Index>(team.max(count, [=](Index i) {
            return logits[i] == top ? -static_cast<float>(i) : -static_cast<float>(count);
        }));
    } else {
        if (rule.top_k > 0 || rule.top_p < 1.0f || rule.min_p > 0.0f)
            filter_weights(team, logits, rule, top, weight);
        token = inverse_cumulative(team, View<const float>(weight), uniform);
    }
    const float logp = (logits[token] * inverse - max) - math::log(total);
    return {static_cast<std::int32_t>(token), logp, true};
}

}  // namespace gppo
