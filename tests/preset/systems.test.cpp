// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "preset/convention.hpp"

#include <gppo/preset/systems.hpp>

#include <cmath>
#include <vector>

using namespace gppo;

static_assert(preset::areal_grpo().correction.cap == 5.0f);
static_assert(preset::nemo_grpo().kl.coefficient == 0.01f);
static_assert(preset::skyrl_cispo().clip.region().lowest == 0.0f);

TEST_CASE("one right answer of four is worth something else in every system", "[preset]") {
    const std::vector<float> rewards{1, 0, 0, 0};
    CHECK(advantages_of(preset::openrlhf_grpo().estimate, rewards)[0] == Approx(1.5));
    CHECK(advantages_of(preset::rllm_grpo().estimate, rewards)[0] == Approx(std::sqrt(3.0)));
    CHECK(advantages_of(preset::nemo_grpo().estimate, rewards)[0] == Approx(1.0));
    CHECK(advantages_of(preset::prime_rl().estimate, rewards)[0] == Approx(0.75));
}

TEST_CASE("a group of one is never NaN, where slime makes it so", "[preset]") {
    CHECK(advantages_of(preset::slime_grpo().estimate, {1.0f})[0] == 0.0f);
    CHECK(advantages_of(preset::areal_grpo().estimate, {1.0f})[0] == 0.0f);
    CHECK(advantages_of(preset::rllm_grpo().estimate, {1.0f})[0] == 1.0f);
}

TEST_CASE("CISPO's bounds are not the same in SkyRL and ROLL", "[preset]") {
    const Token<double> grown{-1.0, -2.0, 2.7, 1.0}, fallen{-2.0, -1.0, 0.4, 1.0};
    CHECK(preset::skyrl_cispo().clip(grown).weight == Approx(2.7));
    CHECK(preset::roll_cispo().clip(grown).weight == Approx(1.1));
    CHECK(preset::skyrl_cispo().clip(fallen).weight == Approx(0.4));
    CHECK(preset::roll_cispo().clip(fallen).weight == Approx(0.9));
}
