// SPDX-License-Identifier: Apache-2.0
#include "verify/parsed.hpp"

#include <gppo/verify/inequality.hpp>

#include <string>

namespace {

std::optional<bool> same_solutions(const std::string& a, const std::string& b) {
    Parsed p;
    gppo::ScalarEquality scalars(p.tree, p.meter);
    gppo::RealSets sets(p.tree, p.meter, scalars);
    const auto u = p.try_read(a), v = p.try_read(b);
    if (!u || !v) return std::nullopt;
    const auto x = sets.read(*u), y = sets.read(*v);
    return x && y ? sets.equal(*x, *y) : std::nullopt;
}

}  // namespace

TEST_CASE("inequalities are intervals", "[verify][inequality]") {
    CHECK(same_solutions("x > 2", "(2,\\infty)") == true);
    CHECK(same_solutions("2 \\ge x", "(-\\infty,2]") == true);
    CHECK(same_solutions("-1 < x \\le 3", "(-1,3]") == true);
    CHECK(same_solutions("3 \\ge x > -1", "(-1,3]") == true);
    CHECK(same_solutions("x \\ne 3", "(-\\infty,3)\\cup(3,\\infty)") == true);
    CHECK(same_solutions("|x| < 3", "(-3,3)") == true);
    CHECK(same_solutions("|x-1| \\ge 2", "(-\\infty,-1]\\cup[3,\\infty)") == true);
    CHECK(same_solutions("2x - 3 \\le 5", "(-\\infty,4]") == true);
    CHECK(same_solutions("-2x > 4", "(-\\infty,-2)") == true);
    CHECK(same_solutions("x \\in [1,2]", "1 \\le x \\le 2") == true);
    CHECK(same_solutions("\\{x : x > 1\\}", "(1,\\infty)") == true);
    CHECK(same_solutions("x < 2", "(-\\infty,2]") == false);
    CHECK(same_solutions("-2x > 4", "(-2,\\infty)") == false);
    CHECK(same_solutions("x < 2", "y < 2") == false);
}

TEST_CASE("conditions are joined by what stands between them", "[verify][inequality]") {
    CHECK(same_solutions("x < 2 \\text{ or } x > 3", "(-\\infty,2)\\cup(3,\\infty)") == true);
    CHECK(same_solutions("x > 2 \\text{ and } x < 5", "(2,5)") == true);
    CHECK(same_solutions("x < 2, x > 3", "(-\\infty,2)\\cup(3,\\infty)") == true);
    CHECK(same_solutions("x > 2, x < 5", "(2,5)") == true);  // "or" would allow every number
    CHECK(same_solutions("x = 1 \\text{ or } x = 2", "\\{1,2\\}") == true);
    CHECK_FALSE(same_solutions("x > 2, y < 5", "(2,5)"));
}

TEST_CASE("what is not linear is left to other comparisons", "[verify][inequality]") {
    CHECK_FALSE(same_solutions("x^2 > 4", "(2,\\infty)"));
    CHECK_FALSE(same_solutions("x + y > 4", "(4,\\infty)"));
    CHECK_FALSE(same_solutions("1 > 0", "(0,1)"));
    // Solving at some points: linear at 0 and 1 is not linear.
    CHECK_FALSE(same_solutions("x + x(x-1) > 4", "(4,\\infty)"));
}
