// SPDX-License-Identifier: Apache-2.0
//
// Sampling where the logits are, for `for_rows` of any backend: a row and a uniform number in, a
// token and its log-prob out.
#pragma once

#include <gppo/kernel/sample.hpp>

namespace gppo {

/// Which row of the logits is sampled, and at which place of its cumulative distribution.
struct Drawn {
    Index row = 0;
    double uniform = 0.0;
};

struct DrawRow {
    Index vocabulary;
    SampleRule rule;
    const float* logits;      // (N, V)
    View<const Drawn> draws;  // (M)
    float* weights;           // (M, V)
    SampledToken* out;        // (M)

    template <class Team>
    GPPO_HD void operator()(Team team, Index i) const {
        const Drawn drawn = draws[i];
        const SampledToken sampled =
            sample(team, View<const float>{logits + drawn.row * vocabulary, vocabulary}, rule,
                   drawn.uniform, View<float>{weights + i * vocabulary, vocabulary});
        SampledToken* const to = out + i;
        team.for_each(1, [=](Index) { *to = sampled; });
    }
};

}  // namespace gppo
