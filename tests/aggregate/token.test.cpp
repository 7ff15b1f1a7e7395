// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/aggregate/token.hpp>
#include <gppo/concepts/aggregation.hpp>

using namespace gppo;

static_assert(Aggregation<TokenMean> && Aggregation<TokenSum>);
static_assert(TokenMean{}(Extent{.tokens = 8, .length = 3}) == 0.125);
static_assert(TokenSum{}(Extent{.tokens = 8}) == 1.0);

TEST_CASE("token aggregations do not look at the sequence", "[aggregate][token]") {
    for (const Index length : {1, 5, 100})
        CHECK(TokenMean{}(Extent{.sequences = length, .tokens = 200, .length = length}) == 0.005);
}
