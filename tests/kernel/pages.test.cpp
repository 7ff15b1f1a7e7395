// SPDX-License-Identifier: Apache-2.0
//
// Contexts of two strips: tests/kernel/paged_attention.test.cpp.
#include "catch.hpp"

#include <gppo/kernel/pages.hpp>

using namespace gppo;

TEST_CASE("a row of any length is cut into at most 16 parts, which cover it", "[kernel][pages]") {
    CHECK(parts_of(0) == 0);
    CHECK(parts_of(1) == 1);
    CHECK(parts_of(pages_at_once + 1) == 2);
    for (Index pages = 1; pages < 3000; ++pages) {
        REQUIRE(parts_of(pages) <= most_parts);
        REQUIRE(parts_of(pages) * pages_of_part(pages) >= pages);
        REQUIRE((parts_of(pages) - 1) * pages_of_part(pages) < pages);
        REQUIRE(parts_of(pages) >= parts_of(1));
    }
}

TEST_CASE("an element of a list by page is found by its page and its place there",
          "[kernel][pages]") {
    for (const Index each : {1, 7, 32})
        for (Index j = 0; j < 100; ++j) {
            const PlaceInPage at(j, each);
            CHECK(at.page * each + at.place == j);
            CHECK(at.place < each);
        }
}
