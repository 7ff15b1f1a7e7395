// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "two_phase.hpp"

using namespace gppo;

static_assert(TokenCorrection<Product<TokenTis, TokenMask>>);
static_assert(!TwoPhaseCorrection<Product<TokenTis, TokenMask>>);
static_assert(TwoPhaseCorrection<Product<SequenceTis, SequenceMask>, double>);
static_assert(TwoPhaseCorrection<Product<TokenTis, GeometricMask>>);

TEST_CASE("a product multiplies, at whatever level its parts are", "[correction][product]") {
    CHECK(Product{TokenTis{}, TokenMask{0.5f, 3.0f}}(std::log(2.5), 0.0) == 2.0);
    CHECK(Product{TokenTis{}, TokenMask{0.5f, 3.0f}}(std::log(3.5), 0.0) == 0.0);
    Doubles batch(1);
    const auto bound = Product{TokenTis{}, SequenceTis{}}.bind(serial, batch.view());
    const auto sequence = SequenceTis{}.bind(serial, batch.view());
    for (Index b = 0; b < 6; ++b)
        CHECK(bound.at(b)(0.1, 0.0) == std::exp(0.1) * sequence.at(b)(0.0, 0.0));
    CHECK(survives_extremes(PpoClip{}, Product{TokenTis{}, GeometricMask{}}));
    CHECK(silent_when_masked(PpoClip{}, Product{TokenTis{}, GeometricMask{}}));
}
