// SPDX-License-Identifier: Apache-2.0
//
// For the tests of certified numbers: whether a ball contains an exact rational.
#pragma once

#include <gppo/verify/ball.hpp>

/// x · 2^k, exactly.
inline gppo::Rational times_power_of_two(const gppo::Rational& x, long k) {
    const gppo::Rational two_k(gppo::Integer(1) << static_cast<unsigned>(k < 0 ? -k : k));
    return k < 0 ? gppo::Rational(x / two_k) : gppo::Rational(x * two_k);
}
/// Whether |x - middle| <= radius, in exact arithmetic.
inline bool contains(const gppo::Ball& ball, const gppo::Rational& x) {
    const gppo::Rational middle = times_power_of_two(gppo::Rational(ball.middle), ball.exponent);
    const gppo::Rational radius = times_power_of_two(gppo::Rational(ball.radius), ball.exponent);
    const gppo::Rational off = x < middle ? gppo::Rational(middle - x) : gppo::Rational(x - middle);
    return off <= radius;
}
/// An upper bound of log2 of the radius relative to the middle.
inline long relative_error(const gppo::Ball& ball) {
    gppo::Ball width = ball;
    width.middle = 0;
    return gppo::BallArithmetic::bound(width) - ball.top();
}
