// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/correction/weight.hpp>

#include <cmath>

using namespace gppo;

TEST_CASE("a weight is finite however far engine and trainer are apart", "[correction][weight]") {
    CHECK(weight_of(0.0f) == 1.0f);
    CHECK(weight_of(0.5) == std::exp(0.5));
    CHECK(weight_of(1000.0f) == weight_of(20.0f));
    CHECK(weight_of(-1000.0) == std::exp(-20.0));
    const SequenceFactors<float> factors{{0.5f, 2.0f}};
    CHECK(factors.at(1)(-3.0f, 7.0f) == 2.0f);
}
