// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/core/sequence_of.hpp>

#include <vector>

using namespace gppo;

TEST_CASE("a token finds its sequence, past empty ones", "[core][sequence_of]") {
    const std::vector<Index> offsets{0, 0, 3, 3, 3, 8, 8};
    for (Index t = 0; t < 8; ++t) CHECK(sequence_of(offsets, t) == (t < 3 ? 1 : 4));
    const std::vector<Index> alone{0, 5};
    CHECK(sequence_of(alone, 4) == 0);
}
