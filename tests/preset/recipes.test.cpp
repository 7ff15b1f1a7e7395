// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "preset/convention.hpp"

#include <gppo/preset/recipes.hpp>

using namespace gppo;

static_assert(preset::deepcoder().clip.high == 0.28f && preset::skywork_or1().clip.high == 0.2f);
static_assert(preset::skywork_or1().entropy.coefficient == 0.0f);  // a controller drives it
static_assert(std::same_as<decltype(preset::acereason().aggregate), TokenMean>);

TEST_CASE("the recipes' forks of verl have its advantage but no guard", "[preset]") {
    CHECK(advantages_of(preset::deepcoder().estimate, {0.25f}) == std::vector<float>{0.25f});
    const Token<double> vanished{-22.0, -1.0, 7.6e-10, 1.0};
    CHECK(preset::deepcoder().clip(vanished).weight > 0.0);
}

TEST_CASE("Archer weighs good tokens with the inverse of their ratio", "[preset]") {
    CHECK(preset::archer_aspo().clip(Token<double>{-1.0, -1.0, 0.5, 1.0}).weight == Approx(2.0));
}
