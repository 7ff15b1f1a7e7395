// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "clip/coefficients.hpp"

#include <gppo/clip/ppo.hpp>
#include <gppo/concepts/clip_policy.hpp>

using namespace gppo;

constexpr Token<float> runaway{.ratio = 3.0f, .advantage = 1.0f};
static_assert(ClipPolicy<PpoClip> && ClipPolicy<PpoClip, double>);
static_assert(PpoClip{.high = 0.28f}(runaway).weight == 0.0f);
static_assert(PpoClip{.high = 0.28f}(runaway).value == 1.0f + 0.28f);

TEST_CASE("PPO with clip-higher has the published coefficients", "[clip][ppo]") {
    const PpoClip policy{.low = 0.2f, .high = 0.28f};
    CHECK(has_row(policy, 1.0, {0.5, 1, 0, 0, 0}));
    CHECK(has_row(policy, -1.0, {0, 1, 1.5, 4, 12}));
}

TEST_CASE("symmetric PPO clips at 1 - low and 1 + high", "[clip][ppo]") {
    const PpoClip policy{};
    CHECK(coefficient_of(policy, 1.0, 1.25) == 0.0);
    CHECK(coefficient_of(policy, 1.0, 1.19) == Approx(1.19));
    CHECK(coefficient_of(policy, -1.0, 0.79) == 0.0);
    CHECK(coefficient_of(policy, -1.0, 0.81) == Approx(0.81));
}

TEST_CASE("a ratio exactly on a bound is inside and keeps its gradient", "[clip][ppo]") {
    const PpoClip policy{.low = 0.5f, .high = 0.5f};  // bounds that floats can hold
    CHECK(coefficient_of(policy, 1.0, 1.5) == 1.5);
    CHECK(coefficient_of(policy, -1.0, 0.5) == 0.5);
}

TEST_CASE("PPO's weight is the derivative of its value", "[clip][ppo]") {
    const PpoClip policy{.low = 0.2f, .high = 0.28f};
    for (const double advantage : {-0.7, 1.3})
        for (double delta = -3.0; delta < 3.0; delta += 0.0937) {
            const auto value = [&](double logp, double) {
                return policy(Token<double>{logp, -2.0, std::exp(logp + 2.0), advantage}).value;
            };
            const Token<double> token{delta - 2.0, -2.0, std::exp(delta), advantage};
            INFO("log-ratio " << delta << ", advantage " << advantage);
            CHECK(slope(value, delta - 2.0) ==
                  Approx(policy(token).weight).epsilon(1e-6).margin(1e-8));
        }
}

TEST_CASE("PPO is silent without advantage, whatever the ratio", "[clip][ppo]") {
    for (const float ratio : {0.0f, 0.5f, 1.0f, 1e38f}) {
        const auto term = PpoClip{}(Token<float>{.ratio = ratio, .advantage = 0.0f});
        CHECK(term.value == 0.0f);
        CHECK(term.weight == 0.0f);
    }
}
