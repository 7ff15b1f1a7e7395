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
struct ReturnsThem {
    std::vector<float> operator()(gppo::View<const float>, gppo::View<float>) const { return {}; }
};

}  // namespace elsewhere

using namespace gppo;

static_assert(AdvantageEstimator<elsewhere::BestMinusWorst>);
static_assert(AdvantageEstimator<elsewhere::BestMinusWorst, double>);
static_assert(!AdvantageEstimator<elsewhere::ReturnsThem> && !AdvantageEstimator<double>);

TEST_CASE("an estimator sees one group at a time", "[concepts][advantage_estimator]") {
    const std::vector<float> rewards{1, 10, 3, 14};
    const std::vector<Index> group{5, 2, 5, 2};
    std::vector<float> advantage(4);
    advantages(elsewhere::BestMinusWorst{}, View<const float>(rewards), group, advantage);
    CHECK(advantage == std::vector<float>{0, 0, 2, 4});
}
