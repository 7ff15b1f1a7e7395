// SPDX-License-Identifier: Apache-2.0
#include "advantage/estimate.hpp"
#include "catch.hpp"

#include <gppo/advantage/gpg.hpp>

#include <vector>

using namespace gppo;

static_assert(AdvantageEstimator<Gpg> && FinishesAdvantages<Gpg, double>);

namespace {
const std::vector<Index> group{1, 1, 2, 2, 3, 3};
const std::vector<double> reward{1, 0, 1, 1, 0, 0};
}  // namespace

TEST_CASE("GPG scales up by the share of rewards that are not zero, as verl does",
          "[advantage][gpg]") {
    const auto a = of_step(Gpg{}, {.reward = reward, .group = group});
    CHECK(a == std::vector<double>{0.5 * 2, -0.5 * 2, 0, 0, 0, 0});
    CHECK(of_step(Gpg{.f_norm = 0.5f}, {.reward = reward, .group = group})[0] == 2.0);
}

TEST_CASE("or by the share of sequences in groups whose rewards differ, as the paper has it",
          "[advantage][gpg]") {
    CHECK(of_step(Gpg{.count = Gpg::Count::varied_groups}, {.reward = reward, .group = group}) ==
          std::vector<double>{1.5, -1.5, 0, 0, 0, 0});
}

TEST_CASE("a step of zeros stays zero in GPG", "[advantage][gpg]") {
    const std::vector<double> zeros(6, 0.0);
    for (const auto count : {Gpg::Count::nonzero_rewards, Gpg::Count::varied_groups})
        CHECK(of_step(Gpg{.count = count}, {.reward = zeros, .group = group}) == zeros);
    const std::vector<Index> one{1};
    const std::vector<double> single{0.7};
    CHECK(of_step(Gpg{}, {.reward = single, .group = one})[0] == 0.0);
    CHECK(of_step(Gpg{.singleton = Singleton::raw}, {.reward = single, .group = one})[0] == 0.7);
}
