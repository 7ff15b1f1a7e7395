// SPDX-License-Identifier: Apache-2.0
#include "verify/parsed.hpp"

#include <gppo/verify/relation_comparison.hpp>

using gppo::Verdict;

namespace {

Verdict judged(std::string_view a, std::string_view b) {
    INFO(a << " and " << b);
    const Verdict there = Parsed().judge(a, b);
    CHECK(Parsed().judge(b, a) == there);
    return there;
}

}  // namespace

TEST_CASE("equations are equal up to moving and scaling", "[verify][relation_comparison]") {
    CHECK(judged("y = 2x+1", "2x-y+1 = 0") == Verdict::equal);
    CHECK(judged("2x+3y = 6", "4x+6y = 12") == Verdict::equal);
    CHECK(judged("y = \\frac{1}{x}", "xy = 1") == Verdict::equal);
    CHECK(judged("\\frac{x^2}{9}+\\frac{y^2}{4} = 1", "4x^2+9y^2 = 36") == Verdict::equal);
    CHECK(judged("2x+3y = 6", "2x+3y = 5") == Verdict::different);
    CHECK(judged("y = x", "y = -x") == Verdict::different);
    CHECK(judged("y = x", "y < x") == Verdict::different);
}

TEST_CASE("an assignment is its value, an equation is none", "[verify][relation_comparison]") {
    CHECK(judged("x = 5", "5") == Verdict::equal);
    CHECK(judged("y = 2x+3", "2x+3") == Verdict::equal);
    CHECK(judged("48/2 = 24", "24") == Verdict::equal);
    CHECK(judged("48/2 = 25", "25") == Verdict::different);
    CHECK(judged("x = 5", "y = 5") == Verdict::different);
    CHECK(judged("x+3 = 0", "0") == Verdict::different);
    CHECK(judged("x = \\frac{1}{3} \\approx 0.33", "\\frac{1}{3}") == Verdict::equal);
    CHECK(judged("x = \\frac{1}{3} \\approx 0.33", "0.33") == Verdict::different);
}

TEST_CASE("inequalities in several unknowns keep their direction",
          "[verify][relation_comparison]") {
    CHECK(judged("s^2 \\le 8r^2", "8r^2 \\ge s^2") == Verdict::equal);
    CHECK(judged("s^2 \\le 8r^2", "8r^2 \\le s^2") == Verdict::different);
    CHECK(judged("s^2 < 8r^2", "s^2 \\le 8r^2") == Verdict::different);
    CHECK(judged("2a < 2b", "a < b") == Verdict::equal);
    CHECK(judged("a < b < c", "c > b > a") == Verdict::equal);
    CHECK(judged("a < b < c", "a < c < b") == Verdict::different);
}

TEST_CASE("congruences are equal modulo their modulus", "[verify][relation_comparison]") {
    CHECK(judged("3 \\pmod 7", "10 \\pmod 7") == Verdict::equal);
    CHECK(judged("3 \\pmod 7", "4 \\pmod 7") == Verdict::different);
    CHECK(judged("3 \\pmod 7", "3 \\pmod 5") == Verdict::different);
    CHECK(judged("x \\equiv 3 \\pmod 7", "3 \\pmod 7") == Verdict::equal);
    CHECK(judged("3 \\pmod 7", "3") == Verdict::equal);
}
