// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "verify/balls.hpp"

#include <gppo/core/philox.hpp>
#include <gppo/verify/ball_functions.hpp>

using gppo::Ball;
using gppo::BallArithmetic;
using gppo::BallFunctions;
using gppo::Integer;
using gppo::Rational;

namespace {

gppo::MathsBudget rich() {
    gppo::MathsBudget budget;
    budget.work = 4'000'000'000;
    return budget;
}
/// A decimal of many digits, and whether the ball contains a number that starts with them.
bool starts_with(const Ball& ball, const std::string& digits) {
    const auto point = digits.find('.');
    std::string all = digits;
    all.erase(point, 1);
    all.erase(0, std::min(all.find_first_not_of('0'), all.size() - 1));
    const Integer scale = pow(Integer(10), static_cast<unsigned>(digits.size() - point - 1));
    Ball wide = ball;
    wide.radius = gppo::widened(wide.radius) + 1;
    // Some number within a unit of the last digit.
    const Rational low(Integer(all), scale), high(Integer(all) + 1, scale);
    const Rational middle = times_power_of_two(Rational(ball.middle), ball.exponent);
    const Rational radius = times_power_of_two(Rational(ball.radius), ball.exponent);
    return middle + radius >= low && middle - radius <= high;
}

}  // namespace

TEST_CASE("constants and values agree with published digits", "[verify][ball_functions]") {
    gppo::Meter meter(rich());
    BallFunctions math(256, meter);
    const Ball one = math.from(Integer(1));
    CHECK(
        starts_with(math.pi(), "3.14159265358979323846264338327950288419716939937510582097494459"));
    CHECK(
        starts_with(math.log2(), "0.69314718055994530941723212145817656807550013436025525412068"));
    CHECK(
        starts_with(*math.exp(one), "2.71828182845904523536028747135266249775724709369995957496"));
    CHECK(starts_with(*math.log(math.from(Integer(10))),
                      "2.30258509299404568401799145468436420760110148862877297603332790"));
    const auto turn = *math.sin_cos(one);
    CHECK(starts_with(turn.first, "0.84147098480789650665250232163029899962256306079837106567275"));
    CHECK(
        starts_with(turn.second, "0.54030230586813971740093660744297660373231042061792222767009"));
    CHECK(relative_error(math.pi()) < -240);
    CHECK(relative_error(*math.exp(one)) < -220);
}

TEST_CASE("functions undo each other within their balls", "[verify][ball_functions]") {
    const gppo::Philox random{31};
    for (const long precision : {64L, 200L, 900L}) {
        gppo::Meter meter(rich());
        BallFunctions math(precision, meter);
        for (std::uint64_t i = 0; i < 40; ++i) {
            const Rational x(static_cast<long>(random.below(40'001, i, 0)) - 20'000,
                             static_cast<long>(random.below(999, i, 1)) + 1);
            INFO("precision " << precision << ", x " << x.str());
            const Ball ball = math.from(x);
            const auto power = math.exp(ball);
            REQUIRE(power);
            const auto back = math.log(*power);
            REQUIRE(back);
            CHECK(contains(*back, x));
            const auto turn = math.sin_cos(ball);
            REQUIRE(turn);
            const Ball square = math.plus(math.times(turn->first, turn->first),
                                          math.times(turn->second, turn->second));
            CHECK(contains(square, 1));
            const auto angle = math.arctan(ball);
            REQUIRE(angle);
            const auto there = math.sin_cos(*angle);
            REQUIRE(there);
            const auto tangent = math.over(there->first, there->second);
            REQUIRE(tangent);
            CHECK(contains(*tangent, x));
            CHECK(relative_error(*tangent) < -precision / 2);
        }
    }
}

TEST_CASE("what is undefined or out of reach is nothing", "[verify][ball_functions]") {
    gppo::Meter meter(rich());
    BallFunctions math(64, meter);
    CHECK_FALSE(math.log(Ball{}));
    CHECK_FALSE(math.log(math.from(Integer(-1))));
    CHECK_FALSE(math.exp(math.from(Integer(1) << 60)));
    CHECK_FALSE(math.sin_cos(math.from(Integer(1) << 70)));
    CHECK(math.arctan(Ball{})->is_exact_zero());
    CHECK(contains(*math.exp(Ball{}), 1));
}
