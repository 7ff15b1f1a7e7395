// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "clip/coefficients.hpp"

#include <gppo/clip/dro.hpp>
#include <gppo/clip/region.hpp>
#include <gppo/concepts/clip_policy.hpp>

using namespace gppo;

static_assert(ClipPolicy<Dro> && ClipPolicy<Dro, double> && !HasRegion<Dro>);

TEST_CASE("DRO's coefficient is 1 - tau logratio / A", "[clip][dro]") {
    for (const double advantage : {1.0, -1.0, 0.3})
        for (const double ratio : table_ratios)
            CHECK(coefficient_of(Dro{.tau = 0.5f}, advantage, ratio) ==
                  Approx(1.0 - 0.5 * std::log(ratio) / advantage));
}

TEST_CASE("DRO's weight is the derivative of its value", "[clip][dro]") {
    CHECK(is_gradient_of(Dro{.tau = 0.25f}, [](double logp, double, double a) {
        return a * logp - 0.125 * (logp + 2.0) * (logp + 2.0);
    }));
}

TEST_CASE("DRO pulls a token without advantage back to the policy that sampled it", "[clip][dro]") {
    CHECK(Dro{.tau = 0.5f}(token_at<float>(2.0, 0.0)).weight == -1.0f);
    CHECK(Dro{.tau = 0.5f}(token_at<float>(-2.0, 0.0)).weight == 1.0f);
    CHECK(Dro{.tau = 0.5f}(token_at<float>(2.0, 0.0)).value == -1.0f);
    CHECK(Dro{}(token_at<float>(0.0, 0.0)).weight == 0.0f);
    CHECK(silent_without_advantage(Dro{.tau = 0.0f}));
}

TEST_CASE("DRO is never NaN", "[clip][dro]") {
    CHECK(never_nan(Dro{}));
}
