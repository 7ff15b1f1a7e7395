// SPDX-License-Identifier: Apache-2.0
//
// Two completions of one prompt, one right and one wrong: from rewards to d loss / d logp.
#include <gppo/gppo.hpp>

#include <cstdio>
#include <vector>

int main() {
    const std::vector<float> logp{-0.5f, -1.0f, -2.0f, -0.3f}, logp_old{-1.5f, -1.0f, -0.5f, -0.3f};
    const std::vector<float> rewards{1.0f, 0.0f};
    const std::vector<gppo::Index> offsets{
        0, 2, 4};  // tokens of completion b: offsets[b] to offsets[b + 1]
    const std::vector<gppo::Index> group{7, 7};  // both answer the same prompt
    std::vector<float> advantage(2), coefficient(2), dlogp(4);
    const gppo::Batch<> batch{.logp = logp,
                              .logp_old = logp_old,
                              .offsets = offsets,
                              .group = group,
                              .advantage = advantage,
                              .coefficient = coefficient};
    const gppo::Objective objective{gppo::GroupNorm{}, gppo::Gppo{.high = 0.28f},
                                    gppo::TokenMean{}};
    objective.prepare(rewards, batch);
    gppo::Diagnostics seen;
    const gppo::Loss loss = gppo::evaluate(gppo::serial, objective, batch, dlogp, {}, seen);
    std::printf("loss %.4f, clipped %.0f%%, d loss / d logp", loss.value,
                100 * seen.clip_fraction());
    for (const float& d : dlogp) std::printf(" %.4f%s", d, &d == &dlogp.back() ? "\n" : "");
}
