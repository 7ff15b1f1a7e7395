// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "preset/convention.hpp"

#include <gppo/preset/trl.hpp>
#include <gppo/preset/verl.hpp>

#include <cmath>
#include <vector>

using namespace gppo;

static_assert(preset::trl_dapo().clip.high == 0.28f && preset::trl_grpo().clip.high == 0.2f);
static_assert(preset::trl_dr_grpo().aggregate.horizon == 512.0);
static_assert(std::same_as<decltype(preset::trl_grpo().kl.penalty), NoKl>);

TEST_CASE("TRL's larger eps shrinks the advantage of a group that hardly varies", "[preset]") {
    const std::vector<float> rewards{0.5f, 0.5002f};
    const auto trl = advantages_of(preset::trl_grpo().estimate, rewards);
    const auto verl = advantages_of(preset::verl_grpo().estimate, rewards);
    const double deviation = 0.0002 / std::sqrt(2.0);
    CHECK(trl[1] == Approx(0.0001 / (deviation + 1e-4)).epsilon(1e-3));
    CHECK(verl[1] == Approx(0.0001 / (deviation + 1e-6)).epsilon(1e-3));
}

TEST_CASE("TRL's grpo and dapo weigh a long sequence differently", "[preset]") {
    const Extent longer{.sequences = 2, .tokens = 10, .length = 8};
    CHECK(preset::trl_grpo().aggregate(longer) == Approx(1.0 / 16));
    CHECK(preset::trl_dapo().aggregate(longer) == Approx(1.0 / 10));
    CHECK(preset::trl_dr_grpo(32).aggregate(longer) == Approx(1.0 / 64));
}
