// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "clip/coefficients.hpp"

#include <gppo/clip/luffy.hpp>
#include <gppo/clip/region.hpp>
#include <gppo/concepts/clip_policy.hpp>

using namespace gppo;

static_assert(ClipPolicy<LuffyShaping> && ClipPolicy<LuffyShaping, double>);
static_assert(ClipPolicy<ExgrpoShaping> && !HasRegion<LuffyShaping>);

TEST_CASE("LUFFY's weight is the derivative of p / (p + gamma) A", "[clip][luffy]") {
    CHECK(is_gradient_of(LuffyShaping{.gamma = 0.25f}, [](double logp, double, double a) {
        return std::exp(logp) / (std::exp(logp) + 0.25) * a;
    }));
}

TEST_CASE("ExGRPO's weight is the derivative of r / (r + gamma) A", "[clip][luffy]") {
    CHECK(is_gradient_of(ExgrpoShaping{.gamma = 0.25f}, [](double logp, double, double a) {
        return std::exp(logp + 2.0) / (std::exp(logp + 2.0) + 0.25) * a;
    }));
}

TEST_CASE("LUFFY looks at the token's probability and not at the old one", "[clip][luffy]") {
    for (const float old : {-9.0f, -1.0f, 0.0f})
        CHECK(LuffyShaping{}(Token<float>{-1.5f, old, math::exp(-1.5f - old), 1.0f}).weight ==
              LuffyShaping{}(Token<float>{-1.5f, -1.5f, 1.0f, 1.0f}).weight);
}

TEST_CASE("an expert's probability of one makes ExGRPO's shaping LUFFY's", "[clip][luffy]") {
    for (double logp = -20.0; logp < 0.0; logp += 0.7) {
        const Token<double> token{logp, 0.0, std::exp(logp), 1.3};
        CHECK(ExgrpoShaping{}(token).weight == Approx(LuffyShaping{}(token).weight));
        CHECK(ExgrpoShaping{}(token).value == Approx(LuffyShaping{}(token).value));
    }
}

TEST_CASE("LUFFY pulls hardest where the probability is gamma", "[clip][luffy]") {
    const auto weight = [](double p) {
        return LuffyShaping{}(Token<double>{std::log(p), 0.0, p, 1.0}).weight;
    };
    CHECK(weight(0.1) == Approx(0.25));
    CHECK(weight(0.05) < weight(0.1));
    CHECK(weight(0.9) == Approx(0.1 * 0.9));
    CHECK(weight(0.9) < weight(0.2));
}

TEST_CASE("LUFFY is never NaN and silent without advantage", "[clip][luffy]") {
    CHECK(never_nan(LuffyShaping{}));
    CHECK(never_nan(ExgrpoShaping{}));
    CHECK(LuffyShaping{}(Token<float>{.logp = 1e4f, .advantage = 1.0f}).value == 1.0f);
    CHECK(silent_without_advantage(LuffyShaping{}));
    CHECK(silent_without_advantage(ExgrpoShaping{}));
}
