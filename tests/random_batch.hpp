// SPDX-License-Identifier: Apache-2.0
//
// A random ragged batch that owns its memory, for tests of the objective. Same seed, same batch.
#pragma once

#include <gppo/core/batch.hpp>
#include <gppo/core/philox.hpp>

#include <cmath>
#include <cstdint>
#include <vector>

struct RandomBatch {
    using Index = gppo::Index;

    struct Shape {
        Index prompts = 4;
        Index longest = 40;      ///< tokens of a sequence, 1 ... longest
        double log_ratio = 1.0;  ///< spread of logp - logp_old
        double masked = 0.0;     ///< share of masked tokens
        Index run = 1;           ///< the mask may change at every run-th token
    };

    std::vector<float> logp, logp_old, logp_ref, logp_rollout, entropy, rewards, advantage,
        coefficient;
    std::vector<float> positive_coefficient, dlogp, dentropy;
    std::vector<Index> offsets{0}, group;
    std::vector<std::uint8_t> mask, positive;

    explicit RandomBatch(std::uint64_t seed, Shape shape) : random_{seed} {
        for (Index p = 0; p < shape.prompts; ++p)
            for (Index g = 1 + below(5); g > 0; --g) add_sequence(1000 - p, shape);
        const auto sequences = group.size(), tokens = logp.size();
        advantage.resize(sequences);
        coefficient.resize(sequences);
        positive_coefficient.resize(sequences);
        logp_rollout = logp_old;  // of an engine that is off by up to 0.6
        for (std::size_t t = 0; t < tokens; ++t)
            logp_rollout[t] -= 0.1f * static_cast<float>(t % 7);
        dlogp.assign(tokens, 7.0f);
        dentropy.assign(tokens, 7.0f);
    }
    explicit RandomBatch(std::uint64_t seed) : RandomBatch(seed, Shape()) {}

    double uniform() { return static_cast<double>(random_.uniform(1, counter_++)); }
    Index below(Index n) {
        return static_cast<Index>(random_.below(static_cast<std::uint64_t>(n), 2, counter_++));
    }
    /// Sum of twelve uniforms: close enough to a normal.
    double normal() {
        double sum = -6.0;
        for (int i = 0; i < 12; ++i) sum += uniform();
        return sum;
    }

    gppo::Batch<> view() {
        return {.logp = logp,
                .logp_old = logp_old,
                .offsets = offsets,
                .group = group,
                .advantage = advantage,
                .coefficient = coefficient,
                .mask = mask,
                .logp_ref = logp_ref,
                .entropy = entropy,
                .positive = positive,
                .positive_coefficient = positive_coefficient,
                .logp_rollout = logp_rollout};
    }

  private:
    void add_sequence(Index prompt, const Shape& shape) {
        group.push_back(prompt);
        rewards.push_back(static_cast<float>(below(3)) - 1.0f);
        positive.push_back(rewards.back() > 0.0f);
        for (Index n = 1 + below(shape.longest); n > 0; --n) {
            const double old = -std::abs(normal()) - 0.01;
            logp_old.push_back(static_cast<float>(old));
            logp.push_back(static_cast<float>(old + shape.log_ratio * normal()));
            logp_ref.push_back(static_cast<float>(old + 0.3 * normal()));
            entropy.push_back(static_cast<float>(2.0 * uniform()));
            if (shape.masked <= 0.0) continue;
            const bool goes_on = !mask.empty() && static_cast<Index>(mask.size()) % shape.run != 0;
            mask.push_back(goes_on ? mask.back() : uniform() >= shape.masked);
        }
        offsets.push_back(static_cast<Index>(logp.size()));
    }

    gppo::Philox random_;
    std::uint64_t counter_ = 0;
};
