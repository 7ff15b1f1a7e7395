// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/data/program_families.hpp>

#include <set>
#include <string_view>

using gppo::Items;

TEST_CASE("the rest of a division is Python's, never negative", "[data][program_families]") {
    CHECK(gppo::python_modulo(7, 3) == 1);
    CHECK(gppo::python_modulo(-7, 3) == 2);
    CHECK(gppo::python_modulo(-6, 3) == 0);
}

TEST_CASE("each family has its own words, and a slip that is not its program",
          "[data][program_families]") {
    std::set<std::string_view> words;
    for (const auto& family : gppo::program_families) {
        CHECK(words.insert(family.words).second);
        CHECK(family.body != family.slip);
        CHECK(family.a_low <= family.a_high);
        CHECK((family.b_high == 0) == (family.words.find('B') == std::string_view::npos));
        CHECK(family.words.find('A') != std::string_view::npos);
        REQUIRE(family.solve != nullptr);
    }
}

TEST_CASE("what a family must return is right by hand", "[data][program_families]") {
    const auto solve = [](std::size_t family, const Items& items, int a, int b) {
        return gppo::program_families[family].solve(items, a, b);
    };
    CHECK(solve(0, {3}, 4, 5) == 35);
    CHECK(solve(1, {3}, 4, 5) == 17);
    CHECK(solve(2, {4}, 4, 5) == -1);
    CHECK(solve(2, {5}, 4, 5) == 10);
    CHECK(solve(3, {-4}, 4, 5) == -20);
    CHECK(solve(3, {-3}, 4, 5) == 1);
    CHECK(solve(4, {9}, 4, 5) == 20);
    CHECK(solve(5, {-7}, 4, 5) == 7);
    CHECK(solve(6, {4, 5, 6}, 4, 5) == 16);
    CHECK(solve(7, {3, 4, -1}, 4, 5) == 10);
    CHECK(solve(8, {1, 2}, 4, 5) == Items{9, 13});
    CHECK(solve(9, {1, 6, 2}, 4, 5) == 10);
    CHECK(solve(10, {4, 5, 9}, 4, 5) == Items{0, 4});
    CHECK(solve(11, {1, 2, 3}, 4, 0) == Items{12, 8, 4});
}
