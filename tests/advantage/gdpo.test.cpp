// SPDX-License-Identifier: Apache-2.0
#include "advantage/estimate.hpp"
#include "catch.hpp"

#include <gppo/advantage/gdpo.hpp>

#include <vector>

using namespace gppo;

static_assert(AdvantageEstimator<Gdpo> && FinishesAdvantages<Gdpo, double>);

namespace {
const std::vector<Index> group{1, 1, 1, 2}, offsets{0, 2, 5, 6, 10};
const std::vector<double> channels{0, 100, 1, 100, 1, 400, 3, 3};
}  // namespace

TEST_CASE("GDPO normalises each channel in the group, adds them up and whitens",
          "[advantage][gdpo]") {
    const Feedback<double> feedback{.group = group, .offsets = offsets, .channels = channels};
    const GroupNorm norm{};
    const auto first = of_group(norm, {0, 1, 1}), second = of_group(norm, {100, 100, 400});
    std::vector<double> expected(4, 0.0);
    for (std::size_t i = 0; i < 3; ++i) expected[i] = 2.0 * first[i] + 0.5 * second[i];
    Whiten{}(feedback, View<double>(expected));
    const auto a = of_step(Gdpo{.weights = {2.0f, 0.5f}}, feedback);
    for (std::size_t i = 0; i < 4; ++i) CHECK(a[i] == Approx(expected[i]));
}

TEST_CASE("a channel's unit does not matter to GDPO", "[advantage][gdpo]") {
    std::vector<double> scaled = channels;
    for (std::size_t i = 1; i < scaled.size(); i += 2) scaled[i] *= 0.01;
    const Gdpo estimate{.norm = {.eps = 0.0f}};
    const auto a = of_step(estimate, {.group = group, .offsets = offsets, .channels = channels});
    const auto b = of_step(estimate, {.group = group, .offsets = offsets, .channels = scaled});
    for (std::size_t i = 0; i < 4; ++i) CHECK(a[i] == Approx(b[i]).margin(1e-12));
}

TEST_CASE("GDPO needs channels, and a weight for each", "[advantage][gdpo]") {
    const Feedback<double> feedback{.group = group, .offsets = offsets, .channels = channels};
    CHECK_THROWS_AS(of_step(Gdpo{.weights = {1.0f}}, feedback), Error);
    const std::vector<double> reward(4, 1.0);
    CHECK_THROWS_AS(of_step(Gdpo{}, {.reward = reward, .group = group, .offsets = offsets}), Error);
}

TEST_CASE("channels without variance give exactly zero", "[advantage][gdpo]") {
    const std::vector<double> same(8, 0.1);
    CHECK(of_step(Gdpo{}, {.group = group, .offsets = offsets, .channels = same}) ==
          std::vector<double>(4, 0.0));
}
