// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/core/ordered_bits.hpp>

#include <limits>
#include <vector>

using namespace gppo;

TEST_CASE("floats and their ordered bits sort the same way", "[core][ordered_bits]") {
    const float inf = std::numeric_limits<float>::infinity();
    const std::vector<float> rising{-inf, -2.0f, -1e-40f, -0.0f, 0.0f, 1e-40f, 1.0f, 1.5f, inf};
    for (std::size_t i = 0; i + 1 < rising.size(); ++i)
        CHECK(ordered_bits(rising[i]) < ordered_bits(rising[i + 1]));
    CHECK(ordered_bits(std::numeric_limits<float>::quiet_NaN()) == 0);
    CHECK(ordered_bits(-inf) > 0);
}
