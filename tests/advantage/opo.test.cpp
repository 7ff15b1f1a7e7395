// SPDX-License-Identifier: Apache-2.0
#include "advantage/estimate.hpp"
#include "catch.hpp"

#include <gppo/advantage/opo.hpp>

#include <cstdint>
#include <vector>

using namespace gppo;

static_assert(AdvantageEstimator<Opo> && AdvantageEstimator<Opo, double>);

namespace {
const std::vector<Index> group{1, 1, 2}, offsets{0, 1, 4, 6};
}

TEST_CASE("OPO's baseline counts long completions more", "[advantage][opo]") {
    const std::vector<double> reward{1, 0, 5};
    Feedback<double> feedback{.reward = reward, .group = group, .offsets = offsets};
    CHECK(of_step(Opo{}, feedback) == std::vector<double>{0.75, -0.25, 0});
    CHECK(of_step(Opo{.singleton = Singleton::raw}, feedback)[2] == 5);
    const std::vector<std::uint8_t> mask{1, 0, 0, 1, 1, 1};
    feedback.mask = mask;
    CHECK(of_step(Opo{}, feedback)[0] == 0.5);
    feedback.offsets = {};
    feedback.mask = {};
    CHECK_THROWS_AS(of_step(Opo{}, feedback), Error);
}

TEST_CASE("without variance or without tokens OPO gives exactly zero", "[advantage][opo]") {
    const std::vector<double> same{0.1, 0.1, 0.1}, different{1, 2, 3};
    const std::vector<std::uint8_t> nothing(6, 0);
    Feedback<double> feedback{.reward = same, .group = group, .offsets = offsets};
    CHECK(of_step(Opo{}, feedback) == std::vector<double>(3, 0.0));
    feedback.reward = different;
    feedback.mask = nothing;
    CHECK(of_step(Opo{}, feedback) == std::vector<double>(3, 0.0));
}
