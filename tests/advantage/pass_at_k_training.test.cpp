// SPDX-License-Identifier: Apache-2.0
#include "advantage/estimate.hpp"
#include "catch.hpp"

#include <gppo/advantage/group_norm.hpp>
#include <gppo/advantage/pass_at_k_training.hpp>

#include <bit>
#include <cmath>
#include <vector>

using namespace gppo;

static_assert(AdvantageEstimator<PassAtKTraining> && AdvantageEstimator<PassAtKTraining, double>);

namespace {
/// Every set of k completions gets one reward; a completion the mean over the sets it is in.
std::vector<double> by_enumeration(const std::vector<double>& rewards, int k) {
    const unsigned size = static_cast<unsigned>(rewards.size());
    double sets = 0.0, right = 0.0;
    std::vector<double> with(size, 0.0), won(size, 0.0), result(size, 0.0);
    for (unsigned set = 0; set < 1u << size; ++set) {
        if (std::popcount(set) != k) continue;
        double reward = 0.0;
        for (unsigned i = 0; i < size; ++i)
            if ((set >> i & 1u) && rewards[i] > 0.0) reward = 1.0;
        sets += 1.0, right += reward;
        for (unsigned i = 0; i < size; ++i)
            if (set >> i & 1u) with[i] += 1.0, won[i] += reward;
    }
    const double mean = right / sets, deviation = std::sqrt(mean * (1.0 - mean));
    for (unsigned i = 0; i < size; ++i)
        result[i] = deviation > 0.0 ? (won[i] / with[i] - mean) / deviation : 0.0;
    return result;
}
}  // namespace

TEST_CASE("pass@k training is the average over all sets of k", "[advantage][pass_at_k_training]") {
    for (const int k : {1, 2, 3, 5, 7})
        for (unsigned right = 0; right < 128; right += 5) {
            std::vector<double> rewards;
            for (unsigned i = 0; i < 7; ++i) rewards.push_back(right >> i & 1u ? 1.0 : -1.0);
            const auto a = of_group(PassAtKTraining{.k = k}, rewards);
            const auto expected = by_enumeration(rewards, k);
            INFO("k " << k << " right " << right);
            for (std::size_t i = 0; i < 7; ++i) CHECK(a[i] == Approx(expected[i]).margin(1e-12));
        }
}

TEST_CASE("with k = 1 it is GRPO with ddof 0", "[advantage][pass_at_k_training]") {
    const std::vector<double> rewards{1, 0, 0, 1, 0};
    const auto a = of_group(PassAtKTraining{.k = 1}, rewards);
    const auto grpo = of_group(GroupNorm{.ddof = 0, .eps = 0.0f}, rewards);
    for (std::size_t i = 0; i < 5; ++i) CHECK(a[i] == Approx(grpo[i]));
}

TEST_CASE("where every set or none is right, pass@k training is silent",
          "[advantage][pass_at_k_training]") {
    for (const double a : of_group(PassAtKTraining{.k = 2}, {0, 0, 0})) CHECK(a == 0.0);
    for (const double a : of_group(PassAtKTraining{.k = 2}, {1, 1, 0})) CHECK(a == 0.0);
    CHECK(of_group(PassAtKTraining{.k = 1}, {1})[0] == 0.0);
    CHECK_THROWS_AS(of_group(PassAtKTraining{.k = 4}, {1, 0, 0}), Error);
    CHECK_THROWS_AS(of_group(PassAtKTraining{.k = 0}, {1, 0, 0}), Error);
}
