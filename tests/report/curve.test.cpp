// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/report/curve.hpp>

#include <random>

using gppo::Point;
using gppo::short_number;

namespace {

std::vector<Point> noise(std::size_t count, std::uint64_t seed) {
    std::mt19937_64 random(seed);
    std::normal_distribution<double> normal;
    std::vector<Point> points;
    for (std::size_t i = 0; i < count; ++i)
        points.push_back({static_cast<double>(i), normal(random)});
    return points;
}

double highest(const std::vector<Point>& points) {
    double high = -INFINITY;
    for (const Point& point : points)
        if (point.y > high) high = point.y;
    return high;
}

}  // namespace

TEST_CASE("thinning keeps the highest and the lowest point, the order and the limit",
          "[report][curve]") {
    const auto seed = std::random_device{}();
    INFO("seed " << seed);
    for (const std::size_t limit : {3u, 10u, 1000u}) {
        auto points = noise(5000, seed);
        points[1234].y = 99;
        const auto kept = gppo::thin_extremes(points, limit);
        CHECK(kept.size() <= limit);
        CHECK(highest(kept) == 99);
        CHECK(std::is_sorted(kept.begin(), kept.end(), [](Point a, Point b) { return a.x < b.x; }));
    }
    CHECK(gppo::thin_extremes(noise(10, seed), 10) == noise(10, seed));
}

TEST_CASE("a gap survives thinning", "[report][curve]") {
    auto points = noise(3000, 1);
    points[1500].y = std::nan("");
    int gaps = 0;
    for (const Point& point : gppo::thin_extremes(points, 300)) gaps += std::isnan(point.y);
    CHECK(gaps == 1);
}

TEST_CASE("means of buckets keep curves aligned and their mean", "[report][curve]") {
    std::vector<Point> rising;
    for (int i = 0; i < 1000; ++i)
        rising.push_back({static_cast<double>(i), static_cast<double>(i)});
    const auto kept = gppo::thin_means(rising, 10);
    REQUIRE(kept.size() == 10);
    CHECK(kept[0] == Point{50, 49.5});
    CHECK(kept[9] == Point{950, 949.5});
    for (Point& point : rising) point.y = std::nan("");
    CHECK(std::isnan(gppo::thin_means(rising, 10)[3].y));
}

TEST_CASE("one spike does not flatten the rest", "[report][curve]") {
    std::vector<double> values(200, 0);
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = 1 + static_cast<double>(i) / 200;
    CHECK(gppo::chart_range(values).high == Approx(1.995));
    values[77] = 1e6;
    CHECK(gppo::chart_range(values).high < 2.2);
    values.resize(50);
    values[3] = 1e6;  // with few points nothing is left out
    CHECK(gppo::chart_range(values).high == 1e6);
}

TEST_CASE("a range is never empty", "[report][curve]") {
    for (const std::vector<double>& values :
         {std::vector<double>{}, {0, 0}, {5}, {-2, -2}, {std::nan(""), INFINITY}}) {
        const auto range = gppo::chart_range(values);
        CHECK(range.high > range.low);
    }
}

TEST_CASE("ticks are round and inside the range", "[report][curve]") {
    CHECK(gppo::round_ticks({0, 1}, 4) == std::vector<double>{0, 0.5, 1});
    CHECK(gppo::round_ticks({-3, 9}, 4) == std::vector<double>{0, 5});
    const auto small = gppo::round_ticks({1.2e-6, 4.1e-6}, 4);
    REQUIRE(small.size() == 3);
    CHECK(small[0] == Approx(2e-6));
}

TEST_CASE("numbers are short", "[report][curve]") {
    CHECK(short_number(0) == "0");
    CHECK(short_number(0.5) == "0.5");
    CHECK(short_number(0.0123) == "0.0123");
    CHECK(short_number(48.876) == "48.88");
    CHECK(short_number(100) == "100");
    CHECK(short_number(9021.1) == "9021");
    CHECK(short_number(21700) == "21.7k");
    CHECK(short_number(1049216) == "1.05M");
    CHECK(short_number(3.4e-6) == "3.4e-6");
    CHECK(short_number(-3e-4) == "-3e-4");
    CHECK(short_number(1e-10) == "1e-10");
    CHECK(short_number(2.5e12) == "2.5e12");
    CHECK(short_number(std::nan("")) == "–");
}
