// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "clip/coefficients.hpp"

#include <gppo/clip/cispo.hpp>
#include <gppo/concepts/clip_policy.hpp>

using namespace gppo;

static_assert(ClipPolicy<Cispo> && ClipPolicy<CispoCap> && ClipPolicy<Cispo, double>);
static_assert(ClipPolicy<CispoMasked> && ClipPolicy<CispoMasked, double>);
static_assert(Cispo{}(Token<float>{.ratio = 9.0f, .advantage = 1.0f}).weight == 1.28f);

TEST_CASE("CISPO with bounds around one has the published coefficients for both signs",
          "[clip][cispo]") {
    for (const double sign : {1.0, -1.0}) CHECK(has_row(Cispo{}, sign, {0.8, 1, 1.28, 1.28, 1.28}));
}

TEST_CASE("CISPO with an absolute cap has the published coefficients for both signs",
          "[clip][cispo]") {
    for (const double sign : {1.0, -1.0}) CHECK(has_row(CispoCap{}, sign, {0.5, 1, 1.5, 4, 5}));
}

TEST_CASE("SkyRL's CISPO, low 1 and high 4, is the cap of 5", "[clip][cispo]") {
    for (double ratio = 0.0; ratio < 8.0; ratio += 0.1)
        CHECK(coefficient_of(Cispo{.low = 1.0f, .high = 4.0f}, 1.0, ratio + 1e-9) ==
              coefficient_of(CispoCap{.cap = 5.0f}, 1.0, ratio + 1e-9));
}

TEST_CASE("CISPO's value is its stopped weight times the log-prob", "[clip][cispo]") {
    for (const double advantage : {-0.7, 1.3})
        for (double delta = -3.0; delta < 3.0; delta += 0.0937) {
            const Token<double> token{delta - 2.0, -2.0, std::exp(delta), advantage};
            for (const Term<double> term : {Cispo{}(token), CispoCap{}(token)}) {
                const auto frozen = [&](double logp, double) { return term.weight * logp; };
                CHECK(frozen(token.logp, token.logp) == Approx(term.value));
                CHECK(slope(frozen, token.logp) == Approx(term.weight).epsilon(1e-6));
            }
        }
}

TEST_CASE("masked CISPO bounds what moves back and silences what moves away", "[clip][cispo]") {
    CHECK(has_row(CispoMasked{}, 1.0, {0.8, 1, 0, 0, 0}));
    CHECK(has_row(CispoMasked{}, -1.0, {0, 1, 1.28, 1.28, 1.28}));
    CHECK(never_nan(CispoMasked{}));
    CHECK(silent_without_advantage(CispoMasked{}));
}

TEST_CASE("masked CISPO's weight is the derivative with mask and ratio stopped", "[clip][cispo]") {
    CHECK(is_gradient_of(CispoMasked{0.25f, 0.5f}, [](double logp, double at, double a) {
        const double r = std::exp(at + 2.0);
        if (a > 0 ? r > 1.5 : r < 0.75) return 0.0;
        return std::min(std::max(r, 0.75), 1.5) * a * logp;
    }));
}
