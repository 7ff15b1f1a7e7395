// SPDX-License-Identifier: Apache-2.0
#include "backend/far_memory.hpp"
#include "catch.hpp"

#include <gppo/model/placed_rows.hpp>

#include <vector>

using namespace gppo;

TEST_CASE("steps have few numbers of rows", "[model][placed_rows]") {
    CHECK(filled_up(1) == 8);
    CHECK(filled_up(8) == 8);
    CHECK(filled_up(9) == 16);
    CHECK(filled_up(32) == 32);
    CHECK(filled_up(33) == 64);
    CHECK(filled_up(65) == 128);
    CHECK(filled_up(129) == 192);
}

TEST_CASE("rows stay where they are in the host's memory, and are filled up elsewhere",
          "[model][placed_rows]") {
    const std::vector<std::int32_t> tokens{7, 8, 9};
    const std::vector<DecodeRow> rows{{0, 0, 1, 5}, {1, 5, 2, 1}, {1, 5, 2, 2}};
    const Cpu cpu(1);
    PlacedRows<Cpu> near(cpu);
    near.place(tokens, rows);
    CHECK(near.tokens().data == tokens.data());
    CHECK(near.rows().data == rows.data());
    CHECK(std::vector<std::int32_t>(near.positions().begin(), near.positions().end()) ==
          std::vector<std::int32_t>{4, 5, 6});

    const FarMemory memory(1);
    PlacedRows<FarMemory> far(memory);
    far.place(tokens, rows);
    REQUIRE(far.rows().size == 8);
    CHECK(far.rows()[2].own_length == 2);
    for (Index r = 3; r < 8; ++r) CHECK(far.rows()[r].own_length == 0);
    std::vector<std::int32_t> here(8);
    memory.download(far.tokens(), View<std::int32_t>(here));
    CHECK(here == std::vector<std::int32_t>{7, 8, 9, 0, 0, 0, 0, 0});
    memory.download(far.positions(), View<std::int32_t>(here));
    CHECK(here == std::vector<std::int32_t>{4, 5, 6, 0, 0, 0, 0, 0});
}
