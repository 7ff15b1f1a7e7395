// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/aggregate/sequence.hpp>
#include <gppo/concepts/aggregation.hpp>

using namespace gppo;

static_assert(Aggregation<SequenceMeanTokenSum> && Aggregation<SequenceMeanTokenSumNorm> &&
              Aggregation<SequenceMeanTokenMean>);

constexpr Extent extent{.sequences = 4, .tokens = 40, .horizon = 20, .length = 5};

TEST_CASE("sequence aggregations divide by what their names say", "[aggregate][sequence]") {
    CHECK(SequenceMeanTokenSum{}(extent) == 1.0 / 4);
    CHECK(SequenceMeanTokenMean{}(extent) == 1.0 / (4 * 5));
    CHECK(SequenceMeanTokenSumNorm{}(extent) == 1.0 / (4 * 20));
    CHECK(SequenceMeanTokenSumNorm{.horizon = 100}(extent) == 1.0 / (4 * 100));
}

TEST_CASE("the convention of older verl, Klear and ROLL leaves out the mean over sequences",
          "[aggregate][sequence]") {
    CHECK(SequenceMeanTokenSumNorm{.batch_mean = false}(extent) == 1.0 / 20);
}
