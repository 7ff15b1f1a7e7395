// SPDX-License-Identifier: Apache-2.0
#include "kernel/finite_difference.hpp"

#include <gppo/kernel/log_prob.hpp>

using namespace gppo;
using namespace gppo::test;

namespace {

/// The state after blocks of `block` logits.
LogProbState in_blocks(std::vector<float> logits, Index block, Index target, float inverse) {
    LogProbState state;
    const auto size = static_cast<Index>(logits.size());
    for (Index first = 0; first < size; first += block)
        state = log_prob_update(SerialTeam{}, state, inverse, target - first,
                                View<float>(logits).slice(first, std::min(block, size - first)));
    return state;
}

}  // namespace

TEST_CASE("log-prob and entropy agree with double, whatever the blocks", "[kernel][log_prob]") {
    const std::uint64_t seed = random_seed();
    INFO("seed " << seed);
    const std::vector<float> logits = random_values(97, seed, 1, -20, 20);
    for (const float inverse : {1.0f, 0.5f, 1.7f})
        for (const Index target : {0, 50, 96}) {
            double sum = 0, weighted = 0;
            for (const float x : logits) {
                const double z = static_cast<double>(x) * static_cast<double>(inverse);
                sum += std::exp(z), weighted += z * std::exp(z);
            }
            const double chosen = static_cast<double>(logits[static_cast<std::size_t>(target)]) *
                                  static_cast<double>(inverse);
            for (const Index block : {1, 7, 64, 97}) {
                const LogProbState state = in_blocks(logits, block, target, inverse);
                CAPTURE(inverse, target, block);
                CHECK(static_cast<double>(state.logp()) ==
                      Approx(chosen - std::log(sum)).epsilon(1e-5).margin(1e-5));
                CHECK(static_cast<double>(state.entropy()) ==
                      Approx(std::log(sum) - weighted / sum).epsilon(1e-4).margin(1e-5));
            }
        }
}

TEST_CASE("the gradient of log-prob and entropy is their slope, block by block",
          "[kernel][log_prob]") {
    const std::uint64_t seed = random_seed();
    INFO("seed " << seed);
    std::vector<float> logits = random_values(41, seed, 1);
    const float c = 0.8f, inverse = 1.3f;
    const Index target = 17;
    for (const float e : {0.0f, -0.6f}) {
        const LogProbState state = in_blocks(logits, 41, target, inverse);
        std::vector<float> gradient = logits;
        for (Index first = 0; first < 41; first += 10)
            log_prob_gradient(SerialTeam{}, state.log_sum_exp(), state.entropy(), inverse,
                              target - first, c, e,
                              View<float>(gradient).slice(first, std::min<Index>(10, 41 - first)));
        check_slope(logits, gradient, [&] {
            const LogProbState now = in_blocks(logits, 41, target, inverse);
            return static_cast<double>(c) * static_cast<double>(now.logp()) +
                   static_cast<double>(e) * static_cast<double>(now.entropy());
        });
    }
}

TEST_CASE("a certain token has log-prob 0 and entropy 0; huge logits stay finite",
          "[kernel][log_prob]") {
    const LogProbState state = in_blocks({-1e4f, 3e4f, 0.0f, -3e4f}, 2, 1, 1.0f);
    CHECK(state.logp() == 0.0f);
    CHECK(state.entropy() == 0.0f);
    CHECK(in_blocks({-1e4f, 3e4f, 0.0f}, 2, 2, 1.0f).logp() == -3e4f);
}
