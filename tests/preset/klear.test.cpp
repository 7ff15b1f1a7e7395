// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/preset/klear.hpp>

using namespace gppo;

static_assert(preset::klear_math().positives.coefficient == 0.1f);
static_assert(preset::ce_gppo_7b().positives.coefficient == 0.0f);

constexpr double weight(const auto& objective, double ratio, double advantage) {
    return objective.clip(Token<double>{-1.0, -1.0, ratio, advantage}).weight;
}

TEST_CASE("Klear keeps the boundary's gradient up to its dual clip", "[preset]") {
    CHECK(weight(preset::klear_math(), 4.0, 1.0) == Approx(1.28));
    CHECK(weight(preset::klear_math(), 0.5, -1.0) == Approx(-0.8));
    CHECK(weight(preset::klear_math(), 9.0, -1.0) == Approx(-9.0));
    CHECK(weight(preset::klear_math(), 12.0, -1.0) == 0.0);
    CHECK(weight(preset::klear_code(), 4.0, 1.0) == weight(preset::klear_math(), 4.0, 1.0));
}

TEST_CASE("CE-GPPO's two sizes scale the lower boundary differently, with symmetric bounds",
          "[preset]") {
    CHECK(weight(preset::ce_gppo_1_5b(), 0.5, -1.0) == Approx(-0.4));
    CHECK(weight(preset::ce_gppo_7b(), 0.5, -1.0) == Approx(-0.6));
    CHECK(weight(preset::ce_gppo_7b(), 4.0, 1.0) == Approx(1.2));
}

TEST_CASE("ERC's presets sit on GPPO and on clip-higher", "[preset]") {
    CHECK(preset::klear_gppo_erc().clip.inner.inner.high == 0.2f);
    CHECK(preset::klear_grpo_erc().clip.inner.inner.high == 0.28f);
    CHECK(preset::klear_grpo_erc().clip.inner.cap == 10.0f);
}
