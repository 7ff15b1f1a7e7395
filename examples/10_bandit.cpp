// SPDX-License-Identifier: Apache-2.0
//
// The whole loop without a model: a softmax bandit learns by GPPO which sequence of actions pays.
// Sample groups, reward them, take a few optimizer steps on the same samples (that is when ratios
// leave 1 and clipping matters), repeat. Fails unless the best arm ends up likely.
#include <gppo/gppo.hpp>

#include <array>
#include <cmath>
#include <cstdio>
#include <vector>

namespace {

constexpr std::size_t arms = 4, group_size = 8, prompts = 4, length = 3, rounds = 25, epochs = 4;
constexpr std::size_t sequences = prompts * group_size, tokens = sequences * length;

/// Log-probabilities of the arms.
std::array<float, arms> log_softmax(const std::array<float, arms>& logits) {
    float sum = 0.0f;
    for (const float x : logits) sum += std::exp(x);
    std::array<float, arms> result{};
    for (std::size_t a = 0; a < arms; ++a) result[a] = logits[a] - std::log(sum);
    return result;
}

std::size_t sample(const std::array<float, arms>& logp, float u) {
    std::size_t arm = 0;
    for (float left = u - std::exp(logp[0]); left >= 0.0f && arm + 1 < arms;)
        left -= std::exp(logp[++arm]);
    return arm;
}

}  // namespace

int main() {
    std::array<float, arms> logits{};
    std::vector<std::size_t> actions(tokens);
    std::vector<float> logp(tokens), logp_old(tokens), dlogp(tokens), rewards(sequences);
    std::vector<float> advantage(sequences), coefficient(sequences);
    std::vector<gppo::Index> offsets{0}, group;
    for (std::size_t b = 0; b < sequences; ++b) {
        offsets.push_back(static_cast<gppo::Index>((b + 1) * length));
        group.push_back(static_cast<gppo::Index>(b / group_size));
    }

    const gppo::Batch<> batch{.logp = logp,
                              .logp_old = logp_old,
                              .offsets = offsets,
                              .group = group,
                              .advantage = advantage,
                              .coefficient = coefficient};
    const gppo::Objective objective{gppo::GroupNorm{}, gppo::Gppo{}, gppo::TokenMean{}};
    for (std::size_t round = 0; round < rounds; ++round) {
        const auto policy = log_softmax(logits);
        const gppo::Philox random{.seed = 1};
        for (std::size_t t = 0; t < tokens; ++t) {  // roll out
            actions[t] = sample(policy, random.uniform(round, t));
            logp_old[t] = policy[actions[t]];
        }
        for (std::size_t b = 0; b < sequences; ++b) {  // arm 2 pays, arm 1 a little
            rewards[b] = 0.0f;
            for (std::size_t t = b * length; t < (b + 1) * length; ++t)
                rewards[b] += actions[t] == 2 ? 1.0f : (actions[t] == 1 ? 0.3f : 0.0f);
        }
        objective.prepare(rewards, batch);
        gppo::Diagnostics seen;
        for (std::size_t epoch = 0; epoch < epochs; ++epoch) {  // learn
            const auto current = log_softmax(logits);
            for (std::size_t t = 0; t < tokens; ++t) logp[t] = current[actions[t]];
            gppo::evaluate(gppo::serial, objective, batch, dlogp, {}, seen);
            for (std::size_t a = 0; a < arms; ++a)
                for (std::size_t t = 0; t < tokens; ++t)
                    logits[a] -=
                        dlogp[t] * ((actions[t] == a ? 1.0f : 0.0f) - std::exp(current[a]));
        }
        if (round % 4 == 0)
            std::printf("round %2zu  best arm %.3f  clipped %4.1f%%\n", round,
                        std::exp(log_softmax(logits)[2]), 100 * seen.clip_fraction());
    }
    return std::exp(log_softmax(logits)[2]) > 0.9f ? 0 : 1;
}
