// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/model/head_tiles.hpp>

using namespace gppo;

TEST_CASE("a chunk has as many rows as bytes hold, and as there are", "[model][head_tiles]") {
    constexpr HeadTiles tiles{512, 2048, Index{1} << 20};
    CHECK(tiles.chunk_rows(1000, 1024) == 256);
    CHECK(tiles.chunk_rows(1000, 1000) == 256);  // a multiple of 64
    CHECK(tiles.chunk_rows(40, 1024) == 40);
    CHECK(tiles.chunk_rows(1000, 16) == 512);
    CHECK(tiles.chunk_rows(1000, 151936) == 64);
    CHECK(device_head_tiles.chunk(16384, 151936) * Index{sizeof(float)} <= Index{1} << 30);
    CHECK(device_head_tiles.chunk(100000, 512) == 2048 * 512);
}
