// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "clip/coefficients.hpp"

#include <gppo/clip/dppo_tv.hpp>
#include <gppo/clip/region.hpp>
#include <gppo/concepts/clip_policy.hpp>

using namespace gppo;

static_assert(ClipPolicy<DppoTv> && ClipPolicy<DppoTv, double> && !HasRegion<DppoTv>);
static_assert(ClipPolicy<DppoTvPrime> && ClipPolicy<DppoTvPrime, double>);

namespace {
/// F of a token whose probability went from p_old to p.
template <class Policy>
double moved(const Policy& policy, double advantage, double p_old, double p) {
    const Token<double> token{std::log(p), std::log(p_old), p / p_old, advantage};
    return policy(token).weight / advantage;
}
}  // namespace

TEST_CASE("DPPO-TV drops a token by the change of its probability, whatever its ratio",
          "[clip][dppo_tv]") {
    const DppoTv policy{.low = 0.1f, .high = 0.2f};
    CHECK(moved(policy, 1.0, 0.01, 0.2) == Approx(20.0));  // ratio 20, change 0.19
    CHECK(moved(policy, 1.0, 0.5, 0.71) == 0.0);           // ratio 1.42, change 0.21
    CHECK(moved(policy, 1.0, 0.5, 0.69) == Approx(1.38));
    CHECK(moved(policy, -1.0, 0.5, 0.41) == Approx(0.82));
    CHECK(moved(policy, -1.0, 0.5, 0.39) == 0.0);
}

TEST_CASE("DPPO-TV keeps a token that moves back, however far it is", "[clip][dppo_tv]") {
    CHECK(moved(DppoTv{}, 1.0, 0.9, 0.1) == Approx(1.0 / 9.0));
    CHECK(moved(DppoTv{}, -1.0, 0.1, 0.9) == Approx(9.0));
}

TEST_CASE("DPPO-TV caps the importance weight and keeps the token", "[clip][dppo_tv]") {
    CHECK(moved(DppoTv{}, 1.0, 0.001, 0.1) == 20.0);
    CHECK(moved(DppoTv{.cap = 5.0f}, -1.0, 0.001, 0.1) == 5.0);
}

TEST_CASE("DPPO-TV's weight is the derivative with gate and ratio stopped", "[clip][dppo_tv]") {
    CHECK(is_gradient_of(DppoTv{}, [](double logp, double at, double a) {
        const double change = std::exp(at) - std::exp(-2.0);
        const double threshold = double(0.15f);
        const bool kept = a > 0 ? change <= threshold : change >= -threshold;
        return kept ? std::min(std::exp(at + 2.0), 20.0) * a * logp : 0.0;
    }));
}

TEST_CASE("prime-rl's DPPO differentiates the ratio and pulls every token back",
          "[clip][dppo_tv]") {
    const DppoTvPrime policy{.low = 0.125f, .high = 0.25f, .pull = 0.5f};
    CHECK(is_gradient_of(policy, [](double logp, double at, double a) {
        const double change = std::exp(at) - std::exp(-2.0), d = logp + 2.0;
        const bool kept = a > 0 ? change <= 0.25 : change >= -0.125;
        return (kept ? std::exp(d) * a : 0.0) - 0.5 * d * d;
    }));
    CHECK(moved(DppoTvPrime{.pull = 0.0f}, 1.0, 0.001, 0.1) == Approx(100.0));
    CHECK(policy(token_at<float>(0.5, 0.0)).weight == -0.5f);
    CHECK(silent_without_advantage(DppoTvPrime{.pull = 0.0f}));
}

TEST_CASE("DPPO-TV is never NaN and silent without advantage", "[clip][dppo_tv]") {
    CHECK(never_nan(DppoTv{}));
    CHECK(never_nan(DppoTvPrime{}));
    CHECK(silent_without_advantage(DppoTv{}));
}
