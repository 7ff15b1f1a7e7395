// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/verify/exact_number.hpp>

using gppo::Integer;
using gppo::Rational;

TEST_CASE("literals are exact in every base", "[verify][exact_number]") {
    gppo::Meter meter({});
    CHECK(gppo::decimal_value("0.1", meter) == Rational(1, 10));
    CHECK(gppo::decimal_value("010", meter) == Rational(10));
    CHECK(gppo::decimal_value("0.08", meter) == Rational(2, 25));
    CHECK(gppo::decimal_value("1.2e-2", meter) == Rational(3, 250));
    CHECK(gppo::repeating_value("0.1", "6", meter) == Rational(1, 6));
    CHECK(gppo::repeating_value("0.", "142857", meter) == Rational(1, 7));
    CHECK(gppo::digits_value("203", 7, meter) == Rational(101));
    CHECK(gppo::digits_value("A5", 11, meter) == Rational(115));
    CHECK(gppo::digits_value("1.1", 2, meter) == Rational(3, 2));
    CHECK_FALSE(gppo::digits_value("12", 2, meter));
    CHECK_FALSE(gppo::digits_value("A5", 10, meter));
    CHECK_FALSE(gppo::repeating_value("3", "3", meter));
}

TEST_CASE("roots are rounded down and floors go down", "[verify][exact_number]") {
    for (long n = 0; n < 3000; ++n) {
        const Integer r = gppo::integer_sqrt(n);
        REQUIRE((r * r <= n && (r + 1) * (r + 1) > n));
        const Integer c = gppo::integer_root(n, 3);
        REQUIRE((c * c * c <= n && (c + 1) * (c + 1) * (c + 1) > n));
    }
    const Integer big = pow(Integer(10), 60);
    CHECK(gppo::integer_sqrt(big * big - 1) == big - 1);
    CHECK(gppo::floor_of(Rational(-7, 2)) == -4);
    CHECK(gppo::floor_of(Rational(7, 2)) == 3);
}

TEST_CASE("powers and factorials refuse what is too large", "[verify][exact_number]") {
    gppo::Meter meter({});
    CHECK(gppo::integer_power(Rational(2, 3), -2, meter) == Rational(9, 4));
    CHECK(gppo::integer_power(Rational(-1), pow(Integer(10), 40), meter) == Rational(1));
    CHECK_FALSE(gppo::integer_power(Rational(0), 0, meter));
    CHECK(gppo::factorial_of(Rational(6), meter) == Rational(720));
    CHECK(gppo::factorial_of(Rational(7), meter, 2) == Rational(105));
    CHECK_FALSE(gppo::factorial_of(Rational(1, 2), meter));
    CHECK_FALSE(meter.exhausted());
    CHECK_FALSE(gppo::integer_power(Rational(2), 99'999, meter));
    CHECK(meter.exhausted());
    meter.forgive();
    CHECK_FALSE(meter.exhausted());
    CHECK_FALSE(gppo::factorial_of(Rational(99'999'999), meter));
    CHECK(meter.exhausted());
}
