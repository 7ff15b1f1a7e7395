// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "verify/balls.hpp"

#include <gppo/core/philox.hpp>

using gppo::Ball;
using gppo::BallArithmetic;
using gppo::Integer;
using gppo::Rational;

namespace {

/// Numbers of very different sizes, some of them wide balls.
struct Sample {
    Ball ball;
    Rational exact;
};
Sample sample(BallArithmetic& math, const gppo::Philox& random, std::uint64_t i, std::uint64_t j) {
    const auto n = static_cast<long>(random.below(2'000'001, i, j)) - 1'000'000;
    const auto d = static_cast<long>(random.below(999, i, j + 1)) + 1;
    const auto k = static_cast<long>(random.below(200, i, j + 2)) - 100;
    const Rational x = times_power_of_two(Rational(n, d), k);
    Ball ball = math.from(x);
    // Half of the balls are wider than rounding makes them.
    if (random.below(2, i, j + 3) == 1) {
        const Integer shift(static_cast<long>(random.below(1000, i, j + 4)));
        ball.middle += shift;
        ball.radius += shift.convert_to<double>() + 1;
    }
    return {ball, x};
}

}  // namespace

TEST_CASE("every operation's ball contains the exact result", "[verify][ball]") {
    const gppo::Philox random{23};
    for (const long precision : {32L, 64L, 128L, 700L}) {
        gppo::MathsBudget budget;
        budget.work = 1'000'000'000;
        gppo::Meter meter(budget);
        BallArithmetic math(precision, meter);
        for (std::uint64_t i = 0; i < 400; ++i) {
            const Sample a = sample(math, random, i, 0), b = sample(math, random, i, 10);
            INFO("precision " << precision << ", a " << a.exact.str() << ", b " << b.exact.str());
            REQUIRE(contains(a.ball, a.exact));
            REQUIRE(contains(math.plus(a.ball, b.ball), a.exact + b.exact));
            REQUIRE(contains(math.minus(a.ball, b.ball), a.exact - b.exact));
            REQUIRE(contains(math.times(a.ball, b.ball), a.exact * b.exact));
            REQUIRE(contains(math.divided(a.ball, 7), a.exact / 7));
            if (const auto q = math.over(a.ball, b.ball)) REQUIRE(contains(*q, a.exact / b.exact));
            if (const auto s = BallArithmetic::sign(a.ball))
                REQUIRE(*s == (a.exact < 0 ? -1 : a.exact > 0 ? 1 : 0));
            const Rational size = a.exact < 0 ? Rational(-a.exact) : a.exact;
            REQUIRE(size < times_power_of_two(1, BallArithmetic::bound(a.ball)));
        }
    }
}

TEST_CASE("a root's ball contains the root of every number in its argument", "[verify][ball]") {
    const gppo::Philox random{29};
    gppo::Meter meter({});
    BallArithmetic math(96, meter);
    for (std::uint64_t i = 0; i < 300; ++i) {
        const Rational x(static_cast<long>(random.below(1'000'000, i, 0)) + 1,
                         static_cast<long>(random.below(999, i, 1)) + 1);
        const auto root = math.sqrt(math.from(Rational(x * x)));
        REQUIRE(root);
        REQUIRE(contains(*root, x));
        CHECK(relative_error(*root) < -80);
    }
    CHECK_FALSE(math.sqrt(math.from(Integer(-1))));
    CHECK(math.sqrt(Ball{})->is_exact_zero());
}

TEST_CASE("exact numbers stay exact while they fit the precision", "[verify][ball]") {
    gppo::Meter meter({});
    BallArithmetic math(128, meter);
    const Ball three = math.from(Integer(3)), five = math.from(Integer(5));
    CHECK(math.plus(three, five).radius == 0);
    CHECK(math.times(three, five).radius == 0);
    CHECK(math.minus(three, three).is_exact_zero());
    CHECK(math.from(Rational(1, 3)).radius > 0);
    CHECK(relative_error(math.from(Rational(1, 3))) < -120);
}

TEST_CASE("small numbers with a tiny radius have a sign", "[verify][ball]") {
    for (const long n : {-3L, -2L, -1L, 1L, 2L, 3L}) {
        CHECK(BallArithmetic::sign(Ball{Integer(n), 0, 1e-70}) == (n < 0 ? -1 : 1));
        CHECK(BallArithmetic::sign(Ball{Integer(n), 0, 0.99}) == (n < 0 ? -1 : 1));
        CHECK_FALSE(BallArithmetic::sign(Ball{Integer(n), 0, 3.1}).has_value());
    }
}

TEST_CASE("a ball around zero divides nothing and has no sign", "[verify][ball]") {
    gppo::Meter meter({});
    BallArithmetic math(64, meter);
    const Ball third = math.from(Rational(1, 3));
    const Ball nothing = math.minus(third, third);
    CHECK(BallArithmetic::may_be_zero(nothing));
    CHECK_FALSE(BallArithmetic::sign(nothing));
    CHECK_FALSE(math.over(third, nothing));
    CHECK_FALSE(math.sqrt(nothing));
    CHECK_FALSE(math.over(third, Ball{}));
    CHECK(BallArithmetic::sign(Ball{}) == 0);
}
