// SPDX-License-Identifier: Apache-2.0
#include "verify/parsed.hpp"

#include <gppo/verify/relation_comparison.hpp>

using gppo::Verdict;

TEST_CASE("equations are equal up to moving and scaling", "[verify][relation_comparison]") {
    CHECK(verdict("y = 2x+1", "2x-y+1 = 0") == Verdict::equal);
    CHECK(verdict("2x+3y = 6", "4x+6y = 12") == Verdict::equal);
    CHECK(verdict("y = \\frac{1}{x}", "xy = 1") == Verdict::equal);
    CHECK(verdict("\\frac{x^2}{9}+\\frac{y^2}{4} = 1", "4x^2+9y^2 = 36") == Verdict::equal);
    CHECK(verdict("2x+3y = 6", "2x+3y = 5") == Verdict::different);
    CHECK(verdict("y = x", "y = -x") == Verdict::different);
    CHECK(verdict("y = x", "y < x") == Verdict::different);
}

TEST_CASE("an assignment is its value, an equation is none", "[verify][relation_comparison]") {
    CHECK(verdict("x = 5", "5") == Verdict::equal);
    CHECK(verdict("y = 2x+3", "2x+3") == Verdict::equal);
    CHECK(verdict("48/2 = 24", "24") == Verdict::equal);
    CHECK(verdict("48/2 = 25", "25") == Verdict::different);
    CHECK(verdict("x = 5", "y = 5") == Verdict::different);
    CHECK(verdict("x+3 = 0", "0") == Verdict::different);
    CHECK(verdict("x = \\frac{1}{3} \\approx 0.33", "\\frac{1}{3}") == Verdict::equal);
    CHECK(verdict("x = \\frac{1}{3} \\approx 0.33", "0.33") == Verdict::different);
}

TEST_CASE("inequalities in several unknowns keep their direction",
          "[verify][relation_comparison]") {
    CHECK(verdict("s^2 \\le 8r^2", "8r^2 \\ge s^2") == Verdict::equal);
    CHECK(verdict("s^2 \\le 8r^2", "8r^2 \\le s^2") == Verdict::different);
    CHECK(verdict("s^2 < 8r^2", "s^2 \\le 8r^2") == Verdict::different);
    CHECK(verdict("2a < 2b", "a < b") == Verdict::equal);
    CHECK(verdict("a < b < c", "c > b > a") == Verdict::equal);
    CHECK(verdict("a < b < c", "a < c < b") == Verdict::different);
}

TEST_CASE("congruences are equal modulo their modulus", "[verify][relation_comparison]") {
    CHECK(verdict("3 \\pmod 7", "10 \\pmod 7") == Verdict::equal);
    CHECK(verdict("3 \\pmod 7", "4 \\pmod 7") == Verdict::different);
    CHECK(verdict("3 \\pmod 7", "3 \\pmod 5") == Verdict::different);
    CHECK(verdict("x \\equiv 3 \\pmod 7", "3 \\pmod 7") == Verdict::equal);
    CHECK(verdict("3 \\pmod 7", "3") == Verdict::equal);
}
