// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/backend/cpu/factors.hpp>

#include <vector>

using namespace gppo;

TEST_CASE("a row becomes pairs, a zero behind an odd end", "[backend][factors]") {
    for (const Index count : {0, 1, 2, 63, 64, 65, 130}) {
        std::vector<float> row(static_cast<std::size_t>(count));
        for (std::size_t i = 0; i < row.size(); ++i) row[i] = static_cast<float>(i) - 40.0f;
        std::vector<Bf16Pair> pairs(static_cast<std::size_t>((count + 1) / 2) + 1, Bf16Pair{7});
        pair_row(row.data(), count, pairs.data());
        for (std::size_t i = 0; i < row.size(); i += 2)
            REQUIRE(pairs[i / 2] == bf16_pair(row[i], i + 1 < row.size() ? row[i + 1] : 0.0f));
        CHECK(pairs.back() == Bf16Pair{7});
    }
}

TEST_CASE("a transpose is laid out in tiles, zeros where there is nothing", "[backend][factors]") {
    constexpr Index k = 3, columns = tile_height + 2;
    std::vector<float> x(static_cast<std::size_t>(k * columns));
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(i + 1);
    const Rows<const float> rows{x.data(), columns};
    const auto at = [&](Index p, Index column) {
        return p < k && column < columns ? rows[p][column] : 0.0f;
    };
    for (const Index first : {Index{0}, Index{tile_height}}) {
        float floats[tile_height];
        Bf16Pair pairs[tile_height];
        for (Index p = 0; p < k; ++p) {
            turn_tile(rows, first, columns, p, k, floats);
            for (Index j = 0; j < tile_height; ++j) REQUIRE(floats[j] == at(p, first + j));
        }
        for (Index p = 0; p < 2; ++p) {
            turn_tile(rows, first, columns, p, k, pairs);
            for (Index j = 0; j < tile_height; ++j)
                REQUIRE(pairs[j] == bf16_pair(at(2 * p, first + j), at(2 * p + 1, first + j)));
        }
    }
}

TEST_CASE("a block of lanes is turned", "[backend][factors]") {
    constexpr Index stride = lane + 3, wide = lane + 5;
    std::vector<float> in(lane * stride), out(lane * wide, -1.0f);
    for (std::size_t i = 0; i < in.size(); ++i) in[i] = static_cast<float>(i);
    turn_block(in.data(), stride, out.data(), wide);
    for (Index i = 0; i < lane; ++i)
        for (Index j = 0; j < wide; ++j)
            REQUIRE(out[static_cast<std::size_t>(i * wide + j)] ==
                    (j < lane ? static_cast<float>(j * stride + i) : -1.0f));
}
