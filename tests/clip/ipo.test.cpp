// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "clip/coefficients.hpp"

#include <gppo/clip/ipo.hpp>
#include <gppo/clip/region.hpp>
#include <gppo/concepts/clip_policy.hpp>

using namespace gppo;

static_assert(ClipPolicy<Ipo> && ClipPolicy<Ipo, double> && !HasRegion<Ipo>);

TEST_CASE("IPO drops a token whose probability moved too far, either way and for both signs",
          "[clip][ipo]") {
    const Ipo policy{.threshold = 0.1f, .pull = 0.0f};
    for (const double advantage : {1.0, -1.0}) {
        const auto f = [&](double p) {
            const Token<double> token{std::log(p), std::log(0.5), p / 0.5, advantage};
            return policy(token).weight / advantage;
        };
        CHECK(f(0.39) == 0.0);
        CHECK(f(0.41) == Approx(0.82));
        CHECK(f(0.59) == Approx(1.18));
        CHECK(f(0.61) == 0.0);
    }
}

TEST_CASE("IPO's weight is the derivative with the gate stopped", "[clip][ipo]") {
    const Ipo policy{.threshold = 0.25f, .pull = 0.5f};
    CHECK(is_gradient_of(policy, [](double logp, double at, double a) {
        const double d = logp + 2.0;
        const bool kept = std::abs(std::exp(at) - std::exp(-2.0)) <= 0.25;
        return (kept ? std::exp(d) * a : 0.0) - 0.5 * d * d;
    }));
}

TEST_CASE("IPO pulls a token without advantage back, unless told not to", "[clip][ipo]") {
    CHECK(Ipo{.pull = 0.5f}(token_at<float>(0.25, 0.0)).weight == -0.25f);
    CHECK(silent_without_advantage(Ipo{.pull = 0.0f}));
}

TEST_CASE("IPO is never NaN", "[clip][ipo]") {
    CHECK(never_nan(Ipo{}));
}
