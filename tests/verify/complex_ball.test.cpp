// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "verify/balls.hpp"

#include <gppo/core/philox.hpp>
#include <gppo/verify/complex_ball.hpp>

using gppo::ComplexArithmetic;
using gppo::ComplexBall;
using gppo::Rational;

namespace {

bool holds(const ComplexBall& z, const Rational& re, const Rational& im) {
    return contains(z.re, re) && contains(z.im, im);
}

}  // namespace

TEST_CASE("complex products and quotients contain the exact ones", "[verify][complex_ball]") {
    const gppo::Philox random{37};
    gppo::MathsBudget budget;
    budget.work = 1'000'000'000;
    gppo::Meter meter(budget);
    ComplexArithmetic math(100, meter);
    const auto number = [&](std::uint64_t i, std::uint64_t j) {
        return Rational(static_cast<long>(random.below(2001, i, j)) - 1000,
                        static_cast<long>(random.below(99, i, j + 1)) + 1);
    };
    for (std::uint64_t i = 0; i < 200; ++i) {
        const Rational a = number(i, 0), b = number(i, 2), c = number(i, 4), d = number(i, 6);
        const ComplexBall x{math.real.from(a), math.real.from(b)};
        const ComplexBall y{math.real.from(c), math.real.from(d)};
        REQUIRE(holds(math.plus(x, y), a + c, b + d));
        REQUIRE(holds(math.times(x, y), a * c - b * d, a * d + b * c));
        const Rational size = c * c + d * d;
        if (size != 0)
            if (const auto q = math.over(x, y))
                REQUIRE(holds(*q, (a * c + b * d) / size, (b * c - a * d) / size));
        REQUIRE(holds(math.whole_power(x, 2), a * a - b * b, 2 * a * b));
        REQUIRE(contains(math.square(x), a * a + b * b));
    }
}

TEST_CASE("Euler's identity and the principal branch", "[verify][complex_ball]") {
    gppo::MathsBudget budget;
    budget.work = 1'000'000'000;
    gppo::Meter meter(budget);
    ComplexArithmetic math(128, meter);
    const ComplexBall i{{}, math.real.from(gppo::Integer(1))};
    const auto turned = math.exp({{}, math.real.pi()});
    REQUIRE(turned);
    CHECK(holds(*turned, -1, 0));
    const auto root = math.sqrt(math.from(-4));
    REQUIRE(root);
    CHECK(holds(*root, 0, 2));
    // sqrt(2i) = 1 + i, log(-1) = πi, |3 + 4i| = 5
    const auto corner = math.sqrt(math.times(math.from(2), i));
    REQUIRE(corner);
    CHECK(holds(*corner, 1, 1));
    const auto half_turn = math.log(math.from(-1));
    REQUIRE(half_turn);
    CHECK(contains(math.real.minus(half_turn->im, math.real.pi()), 0));
    CHECK(contains(*math.abs({math.real.from(gppo::Integer(3)), math.real.from(gppo::Integer(4))}),
                   5));
    CHECK_FALSE(math.log(math.from(0)));
    CHECK_FALSE(math.over(i, math.from(0)));
}

TEST_CASE("sine and cosine of complex numbers keep their identity", "[verify][complex_ball]") {
    gppo::MathsBudget budget;
    budget.work = 1'000'000'000;
    gppo::Meter meter(budget);
    ComplexArithmetic math(128, meter);
    const ComplexBall z{math.real.from(Rational(3, 7)), math.real.from(Rational(-5, 4))};
    const auto both = math.sin_cos(z);
    REQUIRE(both);
    const ComplexBall sum =
        math.plus(math.times(both->first, both->first), math.times(both->second, both->second));
    CHECK(holds(sum, 1, 0));
    CHECK(relative_error(sum.re) < -100);
    CHECK(math.sin_cos(math.from(2))->first.is_real());
}
