// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/train/packed_batch.hpp>

using namespace gppo;
using Ids = std::vector<std::int32_t>;

TEST_CASE("each completion token is scored from the row before it", "[train][packed_batch]") {
    PackedBatch batch;
    batch.add(Ids{1, 2, 3}, Ids{4, 5});
    batch.add(Ids{6}, Ids{7});
    CHECK(batch.tokens == Ids{1, 2, 3, 4, 6});
    CHECK(batch.offsets == std::vector<Index>{0, 4, 5});
    CHECK(batch.rows == std::vector<Index>{2, 3, 4});
    CHECK(batch.targets == Ids{4, 5, 7});
    CHECK(batch.target_offsets == std::vector<Index>{0, 2, 3});
    batch.clear();
    CHECK(batch.sequences() == 0);
    CHECK(batch.tokens.empty());
}

TEST_CASE("an empty prompt or completion is refused by sequence number", "[train][packed_batch]") {
    PackedBatch batch;
    batch.add(Ids{1}, Ids{2});
    CHECK_THROWS_WITH(batch.add(Ids{}, Ids{2}),
                      Catch::Contains("sequence 1") && Catch::Contains("prompt"));
    CHECK_THROWS_WITH(batch.add(Ids{1}, Ids{}), Catch::Contains("completion"));
    CHECK(batch.sequences() == 1);
}

TEST_CASE("runs respect the token budget, keep the order and cover every sequence",
          "[train][packed_batch]") {
    const std::vector<Index> lengths{3, 3, 3, 10, 1, 1};
    const auto first = token_budgeted_runs(View<const Index>(lengths), 6);
    CHECK(first == std::vector<Index>{0, 2, 3, 4, 6});
    CHECK(token_budgeted_runs(View<const Index>(lengths), 1000) == std::vector<Index>{0, 6});
}
