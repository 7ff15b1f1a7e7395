// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/reward/score.hpp>

TEST_CASE("a score starts as a wrong answer with no excuse", "[reward][score]") {
    constexpr gppo::Score score;
    STATIC_REQUIRE(score.score == 0.0f);
    STATIC_REQUIRE_FALSE(score.truncated || score.unparsable || score.infra);
    CHECK(score == gppo::Score{});
    CHECK_FALSE(score == gppo::Score{.acc = 1.0f});
}

TEST_CASE("every channel has its name and its own number", "[reward][score]") {
    constexpr gppo::Score score{.score = 0.25f,
                                .acc = 2.0f,
                                .passed = 3.0f,
                                .format = 4.0f,
                                .truncated = true,
                                .unparsable = false,
                                .infra = true};
    const float expected[] = {0.25f, 2.0f, 3.0f, 4.0f, 1.0f, 0.0f, 1.0f};
    for (std::size_t c = 0; c < gppo::channel_names.size(); ++c) {
        const auto channel = static_cast<gppo::Channel>(c);
        CHECK(gppo::value_of(score, channel) == expected[c]);
        CHECK(gppo::channel_name(channel) == gppo::channel_names[c]);
        CHECK(gppo::channel_from(gppo::channel_names[c]) == channel);
    }
    STATIC_REQUIRE(gppo::channel_name(gppo::Channel::passed) == "passed");
    CHECK_THROWS_AS(gppo::channel_from("reward"), gppo::Error);
    STATIC_REQUIRE_FALSE(gppo::trains(score));
    STATIC_REQUIRE(gppo::trains(gppo::Score{}));
}
