// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/concepts/advantage_estimator.hpp>
#include <gppo/objective.hpp>

#include <vector>

namespace elsewhere {

struct BestMinusWorst {
    template <class T>
    void operator()(gppo::View<const T> rewards, gppo::View<T> advantages) const {
        for (gppo::Index i = 0; i < rewards.size; ++i) advantages[i] = rewards[i] - rewards[0];
    }
};
struct LongestFirst {
    template <class T>
    void operator()(gppo::Group<T> group, gppo::View<T> advantages) const {
        for (gppo::Index i = 0; i < group.rewards.size; ++i)
            advantages[i] = static_cast<T>(group.lengths[i]);
    }
};
struct RewardAsItComes {
    template <class T>
    void operator()(gppo::Trajectory<T> trajectory, gppo::View<T> advantages) const {
        for (gppo::Index t = 0; t < advantages.size; ++t) advantages[t] = trajectory.rewards[t];
    }
    template <class T>
    void finish(const gppo::Feedback<T>&, gppo::View<T> advantage) const {
        for (T& a : advantage) a = a / T(2);
    }
};
struct FinishesWithANumber : BestMinusWorst {
    float finish(const gppo::Feedback<float>&, gppo::View<float>) const { return 0.0f; }
};
struct ReturnsThem {
    std::vector<float> operator()(gppo::View<const float>, gppo::View<float>) const { return {}; }
};

}  // namespace elsewhere

using namespace gppo;

static_assert(AdvantageEstimator<elsewhere::BestMinusWorst>);
static_assert(AdvantageEstimator<elsewhere::BestMinusWorst, double>);
static_assert(AdvantageEstimator<elsewhere::LongestFirst, double> &&
              !FinishesAdvantages<elsewhere::LongestFirst, double>);
static_assert(AdvantageEstimator<elsewhere::RewardAsItComes> &&
              FinishesAdvantages<elsewhere::RewardAsItComes, float>);
static_assert(!FinishesAdvantages<elsewhere::FinishesWithANumber, float>);
static_assert(!AdvantageEstimator<elsewhere::ReturnsThem> && !AdvantageEstimator<double>);

TEST_CASE("an estimator sees one group at a time", "[concepts][advantage_estimator]") {
    const std::vector<float> rewards{1, 10, 3, 14};
    const std::vector<Index> group{5, 2, 5, 2};
    std::vector<float> advantage(4);
    advantages(elsewhere::BestMinusWorst{}, View<const float>(rewards), group, advantage);
    CHECK(advantage == std::vector<float>{0, 0, 2, 4});
}

TEST_CASE("a user's estimator may ask for the group, or for tokens and a last word",
          "[concepts][advantage_estimator]") {
    const std::vector<float> rewards{1, 10};
    const std::vector<Index> group{5, 2}, offsets{0, 3, 5};
    const Feedback<float> feedback{.reward = rewards, .group = group, .offsets = offsets};
    std::vector<float> advantage(2), by_token(5);
    advantages(elsewhere::LongestFirst{}, feedback, advantage);
    CHECK(advantage == std::vector<float>{3, 2});
    advantages(elsewhere::RewardAsItComes{}, feedback, by_token);
    CHECK(by_token == std::vector<float>{0, 0, 0.5f, 0, 5});
}
