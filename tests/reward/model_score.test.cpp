// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/concepts/reward_shaper.hpp>
#include <gppo/reward/model_score.hpp>

using namespace gppo;

static_assert(RewardTerm<ModelScore>);

TEST_CASE("a learned reward is the model's score, scaled and shifted", "[reward][model_score]") {
    const Response response{.model_score = 3.0f};
    CHECK(ModelScore{}(response) == 3.0f);
    CHECK(ModelScore{.scale = 0.5f, .shift = -1.0f}(response) == 1.0f);
    CHECK(ModelScore{}(Response{}) == 0.0f);
}
