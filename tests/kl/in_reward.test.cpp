// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/kl/in_reward.hpp>
#include <gppo/kl/k1.hpp>
#include <gppo/kl/k3.hpp>

#include <cstdint>
#include <vector>

using namespace gppo;

namespace {
const std::vector<double> policy{-1, -2, -3, -4, -5}, reference{-2, -1, -3.5, -4, -9};
const std::vector<Index> offsets{0, 3, 5};
}  // namespace

TEST_CASE("the reward of every token that trains loses its KL", "[kl][in_reward]") {
    const std::vector<std::uint8_t> mask{1, 1, 0, 1, 1};
    std::vector<double> reward{0, 0, 1, 0, 2};
    const double mean =
        KlInReward{K1{}, 0.5f}(View<const double>(policy), reference, offsets, mask, reward);
    CHECK(reward == std::vector<double>{-0.5, 0.5, 1, 0, 0});
    CHECK(mean == Approx((0.0 + 2.0) / 2));  // of the sequences' means, (1 - 1) / 2 and (0 + 4) / 2
}

TEST_CASE("without a mask every token counts, and any estimator will do", "[kl][in_reward]") {
    std::vector<double> reward(5, 0.0);
    KlInReward{K3{}, 1.0f}(View<const double>(policy), reference, offsets, {}, reward);
    for (std::size_t t = 0; t < 5; ++t)
        CHECK(reward[t] == Approx(-K3{}(policy[t], reference[t]).value).margin(1e-15));
}

TEST_CASE("nothing to train costs nothing", "[kl][in_reward]") {
    const std::vector<std::uint8_t> mask(5, 0);
    std::vector<double> reward(5, 1.0);
    CHECK(KlInReward{K1{}, 1.0f}(View<const double>(policy), reference, offsets, mask, reward) ==
          0.0);
    CHECK(reward == std::vector<double>(5, 1.0));
    CHECK(KlInReward{K1{}}.coefficient == 0.0f);
}
