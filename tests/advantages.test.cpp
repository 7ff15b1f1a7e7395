// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/advantage/group_mean.hpp>
#include <gppo/advantages.hpp>

#include <cstdint>
#include <limits>
#include <vector>

using namespace gppo;
using Catch::Matchers::Contains;

namespace {

/// Writes down what it was shown.
struct Lengths {
    void operator()(Group<double> group, View<double> advantages) const {
        for (Index i = 0; i < group.rewards.size; ++i)
            advantages[i] = static_cast<double>(group.lengths[i]) + 100.0 * group.baselines[i] +
                            1000.0 * group.channels[2 * i + 1];
    }
    void finish(const Feedback<double>&, View<double> advantage) const {
        for (double& a : advantage) a = -a;
    }
};
struct TokenRewards {
    void operator()(Trajectory<double> trajectory, View<double> advantages) const {
        for (Index t = 0; t < advantages.size; ++t) advantages[t] = trajectory.rewards[t];
    }
};

const std::vector<Index> group{7, 9, 7};
const std::vector<Index> offsets{0, 2, 5, 6};
const std::vector<std::uint8_t> mask{1, 1, 1, 0, 0, 1};

}  // namespace

static_assert(AdvantageEstimator<Lengths, double> && FinishesAdvantages<Lengths, double>);
static_assert(AdvantageEstimator<TokenRewards, double> && !AdvantageEstimator<TokenRewards>);

TEST_CASE("a group estimator sees lengths, baselines and channels of its own completions",
          "[advantages]") {
    const std::vector<double> reward{1, 2, 3}, baseline{1, 2, 3}, channels{0, 4, 0, 5, 0, 6};
    std::vector<double> advantage(3);
    const Feedback<double> feedback{.reward = reward,
                                    .group = group,
                                    .offsets = offsets,
                                    .mask = mask,
                                    .baseline = baseline,
                                    .channels = channels};
    group_advantages(Lengths{}, feedback, View<double>(advantage));
    CHECK(advantage == std::vector<double>{4102, 5201, 6301});
}

TEST_CASE("without token rewards the reward stands on the last token that trains", "[advantages]") {
    const std::vector<double> reward{1, 2, 3};
    std::vector<double> advantage(6);
    token_advantages(
        TokenRewards{},
        Feedback<double>{.reward = reward, .group = group, .offsets = offsets, .mask = mask},
        View<double>(advantage));
    CHECK(advantage == std::vector<double>{0, 1, 2, 0, 0, 3});
}

TEST_CASE("without rewards of sequences, those of tokens or channels are summed", "[advantages]") {
    const std::vector<float> tokens{1, 2, 3, 4, 5, 6}, channels{1, 10, 2, 20, 3, 30};
    const Feedback<float> by_token{.group = group, .offsets = offsets, .token_reward = tokens};
    const Feedback<float> by_channel{.group = group, .channels = channels};
    CHECK(sequence_rewards(by_token) == std::vector<float>{3, 12, 6});
    CHECK(sequence_rewards(by_channel) == std::vector<float>{11, 22, 33});
}

TEST_CASE("feedback that is not finite, or does not fit, is an error that says where",
          "[advantages]") {
    std::vector<float> reward{1, 2, 3}, baseline{1, 2, 3}, advantage(3);
    Feedback<float> feedback{.reward = reward, .group = group, .baseline = baseline};
    const auto run = [&] { advantages(GroupMean{}, feedback, advantage); };
    CHECK_NOTHROW(run());
    baseline[2] = std::numeric_limits<float>::infinity();
    CHECK_THROWS_WITH(run(), Contains("baseline of sequence 2"));
    baseline[2] = 0;
    reward[1] = std::numeric_limits<float>::quiet_NaN();
    CHECK_THROWS_WITH(run(), Contains("reward of sequence 1"));
    feedback.reward = {};
    CHECK_THROWS_WITH(run(), Contains("no rewards"));
    feedback.channels = baseline;
    CHECK_NOTHROW(run());
    feedback.channels.size = 2;
    CHECK_THROWS_WITH(run(), Contains("channels"));
    feedback.reward = baseline;
    feedback.reward.size = 2;
    CHECK_THROWS_WITH(run(), Contains("reward has 2"));
}

TEST_CASE("a token estimator needs offsets and room for every token", "[advantages]") {
    const std::vector<double> reward{1, 2, 3};
    std::vector<double> advantage(3);
    Feedback<double> feedback{.reward = reward, .group = group};
    CHECK_THROWS_WITH(advantages(TokenRewards{}, feedback, advantage), Contains("offsets"));
    feedback.offsets = offsets;
    CHECK_THROWS_WITH(advantages(TokenRewards{}, feedback, advantage), Contains("one per token"));
    advantage.resize(6);
    advantages(TokenRewards{}, feedback, advantage);
    CHECK(advantage == std::vector<double>{0, 1, 0, 0, 2, 3});
}
