// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/text/unicode_decompositions.hpp>

#include <iterator>

TEST_CASE("tables of what never composes again are well formed", "[text][unicode_decompositions]") {
    using namespace gppo::unicode;
    CHECK(std::size(singletons) % 2 == 0);
    CHECK(std::size(combining) % 3 == 0);
    std::size_t at = 0;
    while (at < std::size(excluded)) at += 2 + excluded[at + 1];
    CHECK(at == std::size(excluded));
    for (std::size_t i = 0; i < std::size(combining); i += 3)
        CHECK(combining[i] <= combining[i + 1]);
}
