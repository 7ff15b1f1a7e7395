// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "clip/coefficients.hpp"

#include <gppo/clip/dual.hpp>
#include <gppo/clip/gppo.hpp>
#include <gppo/clip/importance_sampling.hpp>
#include <gppo/clip/log_ratio_guard.hpp>
#include <gppo/clip/ppo.hpp>

#include <type_traits>

using namespace gppo;

static_assert(ClipPolicy<LogRatioGuard<Gppo>> && ClipPolicy<LogRatioGuard<Gppo>, double>);
static_assert(std::is_same_v<decltype(LogRatioGuard{PpoClip{}, 10}), LogRatioGuard<PpoClip>>);
static_assert(LogRatioGuard{PpoClip{}}.limit == 20.0f);
static_assert(LogRatioGuard{DualClip{PpoClip{}, 4.0f}}.region().cap == 4.0f);

TEST_CASE("inside its limit the guard changes nothing", "[clip][log_ratio_guard]") {
    for (double delta = -19.9; delta < 20.0; delta += 0.31)
        for (const double advantage : {-1.0, 0.4}) {
            const auto token = token_at<float>(delta, advantage);
            CHECK(LogRatioGuard{Gppo{}}(token).value == Gppo{}(token).value);
            CHECK(LogRatioGuard{Gppo{}}(token).weight == Gppo{}(token).weight);
        }
}

TEST_CASE("outside its limit a token has the value at the limit and no gradient",
          "[clip][log_ratio_guard]") {
    const LogRatioGuard policy{ImportanceSampling{}, 2.0f};
    for (const double delta : {2.001, 5.0, 60.0}) {
        CHECK(policy(token_at<double>(delta, -1.5)).value == Approx(-1.5 * std::exp(2.0)));
        CHECK(policy(token_at<double>(delta, -1.5)).weight == 0.0);
    }
    for (const double delta : {-2.001, -5.0, -104.0}) {
        CHECK(policy(token_at<double>(delta, 1.5)).value == Approx(1.5 * std::exp(-2.0)));
        CHECK(policy(token_at<double>(delta, 1.5)).weight == 0.0);
    }
}

TEST_CASE("a log-ratio exactly on the limit keeps its gradient, as torch's clamp does",
          "[clip][log_ratio_guard]") {
    const LogRatioGuard policy{ImportanceSampling{}, 2.0f};
    CHECK(policy(token_at<double>(2.0, 1.0)).weight == Approx(std::exp(2.0)));
    CHECK(policy(token_at<double>(-2.0, 1.0)).weight == Approx(std::exp(-2.0)));
}

TEST_CASE("the guard silences GPPO's boundary gradient too, as in ERC", "[clip][log_ratio_guard]") {
    CHECK(Gppo{}(token_at<double>(25.0, 1.0)).weight == Approx(1.28));
    CHECK(LogRatioGuard{Gppo{}}(token_at<double>(25.0, 1.0)).weight == 0.0);
    CHECK(LogRatioGuard{Gppo{}}(token_at<double>(25.0, 1.0)).value == Approx(1.28));
}

TEST_CASE("the guard is never NaN and silent without advantage", "[clip][log_ratio_guard]") {
    CHECK(never_nan(LogRatioGuard{DualClip{PpoClip{}}}));
    CHECK(never_nan(LogRatioGuard{ImportanceSampling{}}));
    CHECK(never_nan(LogRatioGuard{ImportanceSampling{}, 200.0f}));  // no limit at all
    CHECK(silent_without_advantage(LogRatioGuard{DualClip{Gppo{}, 10.0f}}));
}
