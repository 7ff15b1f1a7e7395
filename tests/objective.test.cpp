// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "random_batch.hpp"

#include <gppo/gppo.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <type_traits>
#include <vector>

using namespace gppo;
using Catch::Matchers::Contains;

using Plain = Objective<GroupNorm, Gppo, TokenMean>;
static_assert(std::is_aggregate_v<Plain>);
static_assert(std::is_same_v<decltype(Objective{GroupNorm{}, Gppo{}, TokenMean{}}), Plain>);
static_assert(std::is_same_v<decltype(Objective{Rloo{}, Cispo{}, TokenSum{}, KlTerm{K2{}, 0.1f}}),
                             Objective<Rloo, Cispo, TokenSum, K2>>);

TEST_CASE("completions of a group need not be neighbours", "[objective]") {
    const std::vector<float> rewards{1, 5, 3, 5, 8};
    const std::vector<Index> group{7, 9, 7, 9, -1};
    std::vector<float> advantage(5, 99.0f);
    advantages(GroupMean{}, View<const float>(rewards), group, advantage);
    CHECK(advantage == std::vector<float>{-1, 0, 1, 0, 0});
}

TEST_CASE("a reward that is not finite is an error that names the sequence", "[objective]") {
    const std::vector<float> rewards{1, std::numeric_limits<float>::quiet_NaN()};
    const std::vector<Index> group{7, 7};
    std::vector<float> advantage(2);
    CHECK_THROWS_WITH(advantages(GroupMean{}, View<const float>(rewards), group, advantage),
                      Contains("reward of sequence 1"));
}

TEST_CASE("sizes that do not fit are errors", "[objective]") {
    RandomBatch random(1);
    const Objective objective{GroupNorm{}, Gppo{}, TokenMean{}};
    auto rewards = random.rewards;
    rewards.pop_back();
    CHECK_THROWS_WITH(objective.prepare(rewards, random.view()), Contains("rewards has"));
    Batch<> batch = random.view();
    batch.coefficient = {};
    CHECK_THROWS_WITH(objective.prepare(random.rewards, batch), Contains("batch.coefficient"));
}

TEST_CASE("an extent that counts less than the batch is an error", "[objective]") {
    RandomBatch random(1);
    Extent extent = extent_of(random.view());
    extent.tokens -= 1;
    CHECK_THROWS_WITH(coefficients(TokenMean{}, random.view(), extent), Contains("whole"));
}

TEST_CASE("every mean gives all tokens together the weight one", "[objective]") {
    const auto seed = GENERATE(1u, 2u, 3u, 4u);
    INFO("seed " << seed);
    RandomBatch random(seed, {.masked = seed % 2 ? 0.3 : 0.0});
    const Batch<> batch = random.view();
    const auto total = [&](auto aggregate) {
        coefficients(aggregate, batch);
        double sum = 0.0;
        for (Index b = 0; b < batch.sequences(); ++b)
            sum += static_cast<double>(batch.coefficient[b]) *
                   static_cast<double>(trained_tokens(batch, b));
        return sum;
    };
    const Extent extent = extent_of(batch);
    CHECK(total(TokenMean{}) == Approx(1.0));
    CHECK(total(SequenceMeanTokenMean{}) == Approx(1.0));
    CHECK(total(PromptMean{}) == Approx(1.0));
    CHECK(total(TokenSum{}) == Approx(static_cast<double>(extent.tokens)));
    CHECK(total(SequenceMeanTokenSum{}) ==
          Approx(static_cast<double>(extent.tokens) / static_cast<double>(extent.sequences)));
}

TEST_CASE("prompt mean gives every prompt the same weight", "[objective]") {
    RandomBatch random(5);
    const Batch<> batch = random.view();
    coefficients(PromptMean{}, batch);
    std::map<Index, double> weight;
    for (Index b = 0; b < batch.sequences(); ++b)
        weight[batch.group[b]] +=
            static_cast<double>(batch.coefficient[b]) * static_cast<double>(batch.length(b));
    for (const auto& [group, sum] : weight) CHECK(sum == Approx(1.0 / 4.0));
}

TEST_CASE("a sequence with every token masked counts as no sequence", "[objective]") {
    RandomBatch random(6, {.masked = 0.01});
    const Batch<> batch = random.view();
    std::fill(random.mask.begin(), random.mask.begin() + batch.offsets[1], std::uint8_t{0});
    const Extent extent = extent_of(batch);
    CHECK(extent.sequences == batch.sequences() - 1);
    coefficients(SequenceMeanTokenMean{}, batch);
    CHECK(batch.coefficient[0] == 0.0f);
    CHECK(batch.coefficient[1] > 0.0f);
}

TEST_CASE("positive coefficients count only positive sequences", "[objective]") {
    RandomBatch random(7);
    random.positive.assign(random.positive.size(), 0);
    random.positive[1] = 1;
    const Batch<> batch = random.view();
    coefficients(TokenMean{}, batch);
    CHECK(batch.positive_coefficient[0] == 0.0f);
    CHECK(batch.positive_coefficient[1] == Approx(1.0 / static_cast<double>(batch.length(1))));
}
