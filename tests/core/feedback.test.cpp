// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/core/feedback.hpp>

#include <cstdint>
#include <type_traits>
#include <vector>

using namespace gppo;

static_assert(std::is_trivially_copyable_v<Feedback<float>> && std::is_aggregate_v<Group<double>>);

TEST_CASE("feedback counts the tokens that train", "[core][feedback]") {
    const std::vector<Index> group{1, 1}, offsets{0, 2, 5};
    const std::vector<std::uint8_t> mask{1, 0, 0, 1, 1};
    Feedback<float> feedback{.group = group, .offsets = offsets};
    CHECK(feedback.sequences() == 2);
    CHECK(feedback.tokens() == 5);
    CHECK(feedback.length(0) == 2);
    feedback.mask = mask;
    CHECK(feedback.length(0) == 1);
    CHECK(feedback.length(1) == 2);
}

TEST_CASE("every token of a trajectory without a mask trains", "[core][feedback]") {
    const std::vector<float> rewards{0, 1};
    const std::vector<std::uint8_t> mask{0, 1};
    CHECK(Trajectory<float>{.rewards = rewards}.trained(0));
    CHECK_FALSE(Trajectory<float>{.rewards = rewards, .mask = mask}.trained(0));
}
