// SPDX-License-Identifier: Apache-2.0
//
// Log-probability of one token and entropy of its distribution, from logits that arrive in blocks
// of the vocabulary, with the running maximum of Milakov and Gimelshein 2018 (arXiv 1805.02867).
// Gradient: dlogit_j = c (1[j = y] - p_j) - e p_j (log p_j + H), c and e those of logp and entropy.
#pragma once

#include <gppo/core/math.hpp>
#include <gppo/kernel/team.hpp>

#include <limits>

namespace gppo {

/// What is known of a row after some blocks. d = logit / temperature - max.
struct LogProbState {
    float max = -std::numeric_limits<float>::infinity();
    float sum = 0.0f;       ///< sum of e^d
    float weighted = 0.0f;  ///< sum of d e^d, or 0: nobody asks for the entropy
    float chosen = 0.0f;    ///< logit / temperature of the chosen token, once its block has come

    GPPO_HD float log_sum_exp() const { return max + math::log(sum); }
    GPPO_HD float logp() const { return (chosen - max) - math::log(sum); }
    GPPO_HD float entropy() const { return math::log(sum) - weighted / sum; }
};

/// Adds one block of logits. `target` is the chosen token's place in this block; outside [0, size)
/// it is not here.
template <Team X>
GPPO_HD LogProbState log_prob_update(X team, LogProbState state, float inverse_temperature,
                                     Index target, View<const float> logits /* (V) block */,
                                     bool for_entropy = true) {
    if (target >= 0 && target < logits.size) state.chosen = logits[target] * inverse_temperature;
    const float top = team.max(logits.size, [=](Index i) { return logits[i]; });
    const float max = math::max(state.max, top * inverse_temperature);
    const float sum = team.sum(
        logits.size, [=](Index i) { return math::exp(logits[i] * inverse_temperature - max); });
    // The same again costs less than room to keep it in: logits stay, for the gradient.
    const auto term = [=](Index i) {
        const float d = logits[i] * inverse_temperature - max;
        return d * math::exp(d);
    };
    const float weighted = for_entropy ? team.sum(logits.size, term) : 0.0f;
    if (state.sum > 0.0f) {  // not the first block: move what is known to the new maximum
        const float shift = state.max - max, scale = math::exp(shift);
        state.weighted = (state.weighted + shift * state.sum) * scale;
        state.sum *= scale;
    }
    state.max = max;
    state.sum += sum;
    state.weighted += weighted;
    return state;
}

/// Turns one block of logits into its gradient, in place.
template <Team X>
GPPO_HD void log_prob_gradient(X team, float log_sum_exp, float entropy, float inverse_temperature,
                               Index target, float dlogp, float dentropy,
                               View<float> logits /* (V) block */) {
    const float c = dlogp * inverse_temperature, e = dentropy * inverse_temperature;
    if (e == 0.0f)
        team.for_each(logits.size, [=](Index i) {
            logits[i] = -c * math::exp(logits[i] * inverse_temperature - log_sum_exp);
        });
    else
        team.for_each(logits.size, [=](Index i) {
            const float logp = logits[i] * inverse_temperature - log_sum_exp;
            logits[i] = -math::exp(logp) * (c + e * (logp + entropy));
        });
    if (target >= 0 && target < logits.size) team.for_each(1, [=](Index) { logits[target] += c; });
}

}  // namespace gppo
