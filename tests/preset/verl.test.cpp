// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "preset/convention.hpp"

#include <gppo/preset/trl.hpp>
#include <gppo/preset/verl.hpp>

#include <cmath>

using namespace gppo;

static_assert(preset::verl_grpo().clip.inner.cap == 3.0f);
static_assert(preset::verl_dapo().clip.inner.inner.high == 0.28f);
static_assert(std::same_as<decltype(preset::verl_grpo().kl.penalty), K3Clamped>);

TEST_CASE("verl clamps log-ratios, so a runaway token has no gradient", "[preset]") {
    const auto objective = preset::verl_grpo();
    const Token<double> runaway{-1.0, -22.0, std::exp(21.0), 1.0};
    CHECK(objective.clip(runaway).weight == 0.0);
    const Token<double> vanished{-22.0, -1.0, std::exp(-21.0), 1.0};
    CHECK(objective.clip(vanished).weight == 0.0);
    CHECK(preset::trl_grpo().clip(vanished).weight > 0.0);  // TRL has no guard
}

TEST_CASE("verl's group of one keeps its raw reward, TRL's gets nothing", "[preset]") {
    CHECK(advantages_of(preset::verl_grpo().estimate, {0.7f}) == std::vector<float>{0.7f});
    CHECK(advantages_of(preset::trl_grpo().estimate, {0.7f}) == std::vector<float>{0.0f});
}

TEST_CASE("verl's CISPO bounds are around one, TRL's cap is absolute", "[preset]") {
    const Token<double> grown{-1.0, -2.0, std::exp(1.0), 1.0};
    CHECK(preset::verl_cispo().clip(grown).weight == Approx(1.2));
    CHECK(preset::trl_cispo().clip(grown).weight == Approx(std::exp(1.0)));
}

TEST_CASE("verl's dual clip is at 3 in vanilla and at 10 in DAPO", "[preset]") {
    const Token<double> bad{-1.0, -1.0 - std::log(5.0), 5.0, -1.0};
    CHECK(preset::verl_grpo().clip(bad).weight == 0.0);
    CHECK(preset::verl_dapo().clip(bad).weight == Approx(-5.0));
}

TEST_CASE("verl's sequence losses are means of means whatever is configured", "[preset]") {
    CHECK(std::same_as<decltype(preset::verl_gspo().aggregate), SequenceMeanTokenMean>);
    CHECK(std::same_as<decltype(preset::verl_gmpo().aggregate), SequenceMeanTokenMean>);
    CHECK(std::same_as<decltype(preset::verl_sapo().aggregate), SequenceMeanTokenMean>);
}
