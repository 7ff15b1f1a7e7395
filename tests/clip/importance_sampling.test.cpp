// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "clip/coefficients.hpp"

#include <gppo/clip/importance_sampling.hpp>
#include <gppo/clip/ppo.hpp>
#include <gppo/concepts/clip_policy.hpp>

using namespace gppo;

static_assert(ClipPolicy<ImportanceSampling> && ClipPolicy<ImportanceSampling, double>);
static_assert(!HasRegion<ImportanceSampling>);

TEST_CASE("plain importance sampling has the ratio itself as its coefficient",
          "[clip][importance_sampling]") {
    for (const double sign : {1.0, -1.0}) CHECK(has_row(ImportanceSampling{}, sign, table_ratios));
}

TEST_CASE("plain importance sampling is what PPO is inside its region",
          "[clip][importance_sampling]") {
    for (float ratio = 0.81f; ratio < 1.2f; ratio += 0.01f)
        for (const float advantage : {-1.5f, 0.4f}) {
            const Token<float> token{.ratio = ratio, .advantage = advantage};
            CHECK(ImportanceSampling{}(token).value == PpoClip{}(token).value);
            CHECK(ImportanceSampling{}(token).weight == PpoClip{}(token).weight);
        }
}

TEST_CASE("plain importance sampling's weight is the derivative of r A",
          "[clip][importance_sampling]") {
    CHECK(is_gradient_of(ImportanceSampling{},
                         [](double logp, double, double a) { return std::exp(logp + 2.0) * a; }));
}

TEST_CASE("plain importance sampling is never NaN and silent without advantage",
          "[clip][importance_sampling]") {
    CHECK(never_nan(ImportanceSampling{}));
    CHECK(silent_without_advantage(ImportanceSampling{}));
}
