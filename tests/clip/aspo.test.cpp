// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "clip/coefficients.hpp"

#include <gppo/clip/aspo.hpp>
#include <gppo/concepts/clip_policy.hpp>

using namespace gppo;

constexpr Token<float> vanishing{.logp = -2.0f, .ratio = 0.1f, .advantage = 1.0f};
static_assert(ClipPolicy<Aspo> && ClipPolicy<Aspo, double>);
static_assert(Aspo{}(vanishing).weight == 3.0f && Aspo{}(vanishing).value == -6.0f);
static_assert(Aspo{}.region().cap == 3.0f && Aspo{.high = 0.4f}.region().highest == 1.4f);

TEST_CASE("ASPO has the published coefficients", "[clip][aspo]") {
    CHECK(has_row(Aspo{}, 1.0, {2, 1, 0, 0, 0}));
    CHECK(has_row(Aspo{}, -1.0, {0, 1, 1.5, 3, 3}));
}

TEST_CASE("ASPO clips at its own two bounds", "[clip][aspo]") {
    const Aspo policy{.low = 0.4f, .high = 0.5f};
    CHECK(coefficient_of(policy, 1.0, 1.49) == Approx(1.0 / 1.49));
    CHECK(coefficient_of(policy, 1.0, 1.51) == 0.0);
    CHECK(coefficient_of(policy, -1.0, 0.61) == Approx(0.61));
    CHECK(coefficient_of(policy, -1.0, 0.59) == 0.0);
}

TEST_CASE("ASPO's flipped weight is soft-capped: beyond the cap the gradient stays",
          "[clip][aspo]") {
    CHECK(coefficient_of(Aspo{}, 1.0, 0.34) == Approx(1.0 / 0.34));
    for (const double ratio : {0.33, 0.01, 1e-30, 0.0})
        CHECK(coefficient_of(Aspo{}, 1.0, ratio + 1e-300) == 3.0);
    for (const double ratio : {3.01, 40.0, 1e38}) CHECK(coefficient_of(Aspo{}, -1.0, ratio) == 3.0);
}

TEST_CASE("ASPO's weight is the derivative of the released surrogate with its stopped factors",
          "[clip][aspo]") {
    const Aspo policy{.low = 0.25f, .high = 0.5f, .cap = 3.0f};  // floats hold these
    CHECK(is_gradient_of(policy, [](double logp, double at, double a) {
        const double r = std::exp(logp + 2.0), stopped = std::exp(at + 2.0);
        if (a < 0) {
            if (stopped > 3.0) return 3.0 * a * logp;
            return (stopped < 0.75 ? 0.75 : r) * a;
        }
        if (stopped < 1.0 / 3.0) return 3.0 * a * logp;
        return stopped > 1.5 ? a / 1.5 : r / stopped / stopped * a;
    }));
}

TEST_CASE("ASPO is never NaN and silent without advantage", "[clip][aspo]") {
    CHECK(never_nan(Aspo{}));
    CHECK(silent_without_advantage(Aspo{}));
}
