// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "clip/coefficients.hpp"

#include <gppo/clip/gppo.hpp>
#include <gppo/clip/ppo.hpp>
#include <gppo/concepts/clip_policy.hpp>

using namespace gppo;

constexpr Token<float> runaway{.ratio = 3.0f, .advantage = 1.0f};
constexpr Token<float> extreme{.ratio = 0.1f, .advantage = -1.0f};
static_assert(ClipPolicy<Gppo> && ClipPolicy<Gppo, double> && ClipPolicy<GppoOnlyHigh, double>);
static_assert(Gppo{}(runaway).weight == 1.0f + 0.28f);
static_assert(Gppo{}(runaway).value == PpoClip{.high = 0.28f}(runaway).value);
static_assert(Gppo{}(extreme).weight == -(1.0f - 0.2f));
static_assert(GppoOnlyHigh{}(extreme).weight == 0.0f);

TEST_CASE("GPPO has the published coefficients and never a zero", "[clip][gppo]") {
    CHECK(has_row(Gppo{}, 1.0, {0.5, 1, 1.28, 1.28, 1.28}));
    CHECK(has_row(Gppo{}, -1.0, {0.8, 1, 1.5, 4, 12}));
}

TEST_CASE("GPPO only-high is GPPO above and PPO below", "[clip][gppo]") {
    CHECK(has_row(GppoOnlyHigh{}, 1.0, {0.5, 1, 1.28, 1.28, 1.28}));
    CHECK(has_row(GppoOnlyHigh{}, -1.0, {0, 1, 1.5, 4, 12}));
}

TEST_CASE("CE-GPPO scales the boundary's gradient on each side", "[clip][gppo]") {
    const Gppo policy{.beta_low = 0.5f, .beta_high = 0.75f};
    CHECK(has_row(policy, 1.0, {0.5, 1, 0.96, 0.96, 0.96}));
    CHECK(has_row(policy, -1.0, {0.4, 1, 1.5, 4, 12}));
}

TEST_CASE("GPPO's value is PPO's with the same bounds, exactly", "[clip][gppo]") {
    for (float delta = -100.0f; delta < 88.0f; delta += 0.173f)
        for (const float advantage : {-1.7f, -0.3f, 0.0f, 0.4f, 2.0f}) {
            const Token<float> token{delta, 0.0f, math::exp(delta), advantage};
            const float ppo = PpoClip{.low = 0.2f, .high = 0.28f}(token).value;
            CHECK(Gppo{}(token).value == ppo);
            CHECK(GppoOnlyHigh{}(token).value == ppo);
        }
}

TEST_CASE("CE-GPPO's value is scaled too, so it is not PPO's", "[clip][gppo]") {
    const Gppo policy{.beta_low = 0.25f};
    const float ppo = PpoClip{.high = 0.28f}(extreme).value;
    CHECK(policy(extreme).value == Approx(0.25f * ppo));
}

TEST_CASE("GPPO's weight is the derivative of its value with the clipped ratio stopped",
          "[clip][gppo]") {
    const Gppo policy{.low = 0.2f, .high = 0.28f, .beta_low = 0.5f, .beta_high = 0.9f};
    const double lowest = 1.0 - double(0.2f), highest = 1.0 + double(0.28f);
    for (const double advantage : {-0.7, 1.3})
        for (double delta = -3.0; delta < 3.0; delta += 0.0937) {
            // The paper's form: beta (1 +- eps) / sg(r) r A outside, r A inside.
            const auto frozen = [&](double logp, double at) {
                const double r = std::exp(logp + 2.0), stopped = std::exp(at + 2.0);
                if (advantage > 0 && stopped > highest)
                    return double(0.9f) * highest / stopped * r * advantage;
                if (advantage < 0 && stopped < lowest)
                    return double(0.5f) * lowest / stopped * r * advantage;
                return r * advantage;
            };
            const Token<double> token{delta - 2.0, -2.0, std::exp(delta), advantage};
            INFO("log-ratio " << delta << ", advantage " << advantage);
            CHECK(slope(frozen, delta - 2.0) == Approx(policy(token).weight).epsilon(1e-6));
            CHECK(frozen(token.logp, token.logp) == Approx(policy(token).value).epsilon(1e-12));
        }
}

TEST_CASE("GPPO is finite where the reference's r / sg(r) is not", "[clip][gppo]") {
    for (const float ratio : {0.0f, 1e-45f, 1e-30f, 1e38f}) {
        CHECK(coefficient_of(Gppo{}, 1.0f, ratio) == (ratio < 1.28f ? ratio : 1.28f));
        CHECK(coefficient_of(Gppo{}, -1.0f, ratio) == (ratio > 0.8f ? ratio : 0.8f));
        CHECK(Gppo{}(Token<float>{.ratio = ratio, .advantage = 0.0f}).weight == 0.0f);
    }
}
