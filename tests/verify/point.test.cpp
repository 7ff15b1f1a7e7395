// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/verify/point.hpp>

#include <set>
#include <string>
#include <vector>

using gppo::Point;
using gppo::Rational;

TEST_CASE("a variable has one value at a point, another at the next", "[verify][point]") {
    const auto x = gppo::name_hash("x"), y = gppo::name_hash("y");
    for (const auto kind :
         {Point::Kind::integers, Point::Kind::unit, Point::Kind::positive, Point::Kind::mixed}) {
        std::set<std::string> seen;
        for (std::uint64_t k = 0; k < 20; ++k) {
            const Point point{kind, k, {}};
            CHECK(*point.value(x) == *point.value(x));
            seen.insert(point.value(x)->str());
            seen.insert(point.value(y)->str());
        }
        CHECK(seen.size() > 10);
    }
    const std::vector<Point> points(2);  // without a kind there is no value
    for (const Point& point : points) CHECK_FALSE(point.value(x).has_value());
}

TEST_CASE("values keep to the range of their kind", "[verify][point]") {
    for (std::uint64_t k = 0; k < 500; ++k) {
        const auto name = gppo::mixed_bits(k);
        const Rational whole = *Point{Point::Kind::integers, k, {}}.value(name);
        CHECK((gppo::is_integer(whole) && whole >= 3 && whole < 40));
        const Rational unit = *Point{Point::Kind::unit, k, {}}.value(name);
        CHECK((unit > 0 && unit < 1));
        CHECK(*Point{Point::Kind::positive, k, {}}.value(name) > 0);
        const Rational mixed = *Point{Point::Kind::mixed, k, {}}.value(name);
        CHECK((mixed > -5 && mixed < 5 && mixed != 0));
    }
}

TEST_CASE("the innermost index of a sum hides the others", "[verify][point]") {
    Point point{Point::Kind::positive, 1, {{7, 1}, {8, 2}, {7, 3}}};
    CHECK(*point.value(7) == 3);
    CHECK(*point.value(8) == 2);
    point.bound.pop_back();
    CHECK(*point.value(7) == 1);
}
