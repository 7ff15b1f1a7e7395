// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "model/tiny_qwen3.hpp"

#include <gppo/model/placed_batch.hpp>

#include <vector>

using namespace gppo;
using namespace gppo::test;

TEST_CASE("positions count from the beginning of each sequence", "[model][placed_batch]") {
    const Cpu cpu(1);
    PlacedBatch<Cpu> placed(cpu);
    const TinyBatch batch;
    const auto positions = placed.positions(batch.packed());
    CHECK(std::vector<std::int32_t>(positions.begin(), positions.end()) ==
          std::vector<std::int32_t>{0, 1, 2, 3, 0, 0, 1, 2, 3, 4, 5});
    CHECK(longest_sequence(batch.offsets) == 6);
    CHECK(longest_sequence(View<const Index>(batch.offsets).slice(0, 1)) == 0);
}

TEST_CASE("every token of the vocabulary knows where it occurs, in order",
          "[model][placed_batch]") {
    const Cpu cpu(1);
    PlacedBatch<Cpu> placed(cpu);
    const TinyBatch batch;
    const Occurrences found = placed.occurrences(batch.tokens, 13);
    CHECK(found.places.size == 11);
    for (Index v = 0; v < 13; ++v) {
        std::vector<std::int32_t> want, got;
        for (std::size_t t = 0; t < batch.tokens.size(); ++t)
            if (batch.tokens[t] == v) want.push_back(static_cast<std::int32_t>(t));
        for (std::int32_t n = found.first[v]; n < found.first[v + 1]; ++n)
            got.push_back(found.places[n]);
        CAPTURE(v);
        CHECK(got == want);
    }
}
