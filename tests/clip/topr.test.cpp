// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "clip/coefficients.hpp"

#include <gppo/clip/cispo.hpp>
#include <gppo/clip/topr.hpp>
#include <gppo/concepts/clip_policy.hpp>

using namespace gppo;

static_assert(ClipPolicy<Topr> && ClipPolicy<Topr, double>);
static_assert(Topr{}.region().highest == 1.0f && Topr{}.region().lowest == 0.0f);

TEST_CASE("TOPR imitates good tokens at full weight and tapers bad ones", "[clip][topr]") {
    CHECK(has_row(Topr{}, 1.0, {1, 1, 1, 1, 1}));
    CHECK(has_row(Topr{}, -1.0, {0.5, 1, 1, 1, 1}));
}

TEST_CASE("TOPR's weight is the derivative with the taper stopped", "[clip][topr]") {
    CHECK(is_gradient_of(Topr{}, [](double logp, double at, double a) {
        return (a > 0 ? 1.0 : std::min(std::exp(at + 2.0), 1.0)) * a * logp;
    }));
}

TEST_CASE("ROLL's tis, min(r, 1) for both signs, is CISPO with a cap of one", "[clip][topr]") {
    for (const double sign : {1.0, -1.0}) CHECK(has_row(CispoCap{1.0f}, sign, {0.5, 1, 1, 1, 1}));
    for (double delta = -3.0; delta < 3.0; delta += 0.1) {
        const auto token = token_at<double>(delta, -0.7);
        CHECK(Topr{}(token).value == CispoCap{1.0f}(token).value);
    }
}

TEST_CASE("TOPR is never NaN and silent without advantage", "[clip][topr]") {
    CHECK(never_nan(Topr{}));
    CHECK(silent_without_advantage(Topr{}));
}
