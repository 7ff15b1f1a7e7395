// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/model/packed.hpp>

#include <vector>

using namespace gppo;

TEST_CASE("a batch is checked before a model reads it", "[model][packed]") {
    const std::vector<std::int32_t> tokens{0, 4, 2};
    const std::vector<Index> offsets{0, 1, 1, 3}, falling{0, 3, 2, 3}, short_of{0, 2}, none;
    CHECK_NOTHROW(check(Packed{tokens, offsets}, 5));
    CHECK_THROWS_WITH(check(Packed{tokens, offsets}, 4),
                      Catch::Matchers::Contains("input 1 is token 4"));
    CHECK_THROWS_WITH(check(Packed{tokens, falling}, 5), Catch::Matchers::Contains("sequence 1"));
    CHECK_THROWS_AS(check(Packed{tokens, short_of}, 5), Error);
    CHECK_THROWS_AS(check(Packed{tokens, none}, 5), Error);
}

TEST_CASE("targets name rows in order and tokens that exist", "[model][packed]") {
    const std::vector<std::int32_t> ids{1, 2}, negative{1, -2};
    const std::vector<Index> rows{0, 2}, twice{1, 1}, one{1};
    CHECK_NOTHROW(check(Targets{rows, ids}, 3, 5));
    CHECK_THROWS_WITH(check(Targets{rows, ids}, 2, 5), Catch::Matchers::Contains("target row 2"));
    CHECK_THROWS_WITH(check(Targets{twice, ids}, 3, 5), Catch::Matchers::Contains("must increase"));
    CHECK_THROWS_AS(check(Targets{one, ids}, 3, 5), Error);
    CHECK_THROWS_WITH(check(Targets{rows, negative}, 3, 5), Catch::Matchers::Contains("token -2"));
}
