// SPDX-License-Identifier: Apache-2.0
//
// Certified complex numbers: two balls. A number whose imaginary part is exactly zero is real and
// stays real. Roots, logarithms and powers take the principal value, but the odd root of a negative
// real number is the real one, as schools teach it.
#pragma once

#include <gppo/verify/ball_functions.hpp>

#include <optional>
#include <utility>

namespace gppo {

struct ComplexBall {
    Ball re, im;
    bool is_real() const { return im.is_exact_zero(); }
};

/// Complex arithmetic at one precision.
class ComplexArithmetic {
  public:
    using Maybe = std::optional<ComplexBall>;

    ComplexArithmetic(long precision, Meter& meter) : real(precision, meter) {}

    BallFunctions real;

    ComplexBall from(const Rational& x) { return {real.from(x), {}}; }

    ComplexBall plus(const ComplexBall& a, const ComplexBall& b) {
        return {real.plus(a.re, b.re), real.plus(a.im, b.im)};
    }
    static ComplexBall negated(const ComplexBall& x) {
        return {BallArithmetic::negated(x.re), BallArithmetic::negated(x.im)};
    }
    ComplexBall times(const ComplexBall& a, const ComplexBall& b) {
        if (a.is_real() && b.is_real()) return {real.times(a.re, b.re), {}};
        return {real.minus(real.times(a.re, b.re), real.times(a.im, b.im)),
                real.plus(real.times(a.re, b.im), real.times(a.im, b.re))};
    }
    /// |x|².
    Ball square(const ComplexBall& x) {
        const Ball re = real.times(x.re, x.re);
        return x.is_real() ? re : real.plus(re, real.times(x.im, x.im));
    }
    Maybe over(const ComplexBall& a, const ComplexBall& b) {
        if (b.is_real()) {
            const auto re = real.over(a.re, b.re);
            if (!re || a.is_real()) return re ? Maybe(ComplexBall{*re, {}}) : std::nullopt;
            const auto im = real.over(a.im, b.re);
            return im ? Maybe(ComplexBall{*re, *im}) : std::nullopt;
        }
        const ComplexBall top = times(a, {b.re, BallArithmetic::negated(b.im)});
        const Ball below = square(b);
        const auto re = real.over(top.re, below), im = real.over(top.im, below);
        return re && im ? Maybe(ComplexBall{*re, *im}) : std::nullopt;
    }
    std::optional<Ball> abs(const ComplexBall& x) {
        if (!x.is_real()) return real.sqrt(square(x));
        const auto s = BallArithmetic::sign(x.re);
        if (!s) return std::nullopt;
        return *s < 0 ? BallArithmetic::negated(x.re) : x.re;
    }

    Maybe exp(const ComplexBall& x) {
        const auto size = real.exp(x.re);
        if (!size || x.is_real()) return size ? Maybe(ComplexBall{*size, {}}) : std::nullopt;
        const auto turn = real.sin_cos(x.im);
        if (!turn) return std::nullopt;
        return ComplexBall{real.times(*size, turn->second), real.times(*size, turn->first)};
    }
    /// The angle of x in (-π, π], or nothing where that cannot be certain.
    std::optional<Ball> angle(const ComplexBall& x) {
        const auto s = BallArithmetic::sign(x.re), t = BallArithmetic::sign(x.im);
        if (!t && !(s && *s > 0)) return std::nullopt;  // on the cut, or at zero
        if (t && *t == 0) {
            if (!s || *s == 0) return std::nullopt;
            return *s > 0 ? Ball{} : real.pi();
        }
        const Ball right = BallArithmetic::scaled(real.pi(), -1);
        if (s && *s > 0) {
            const auto slope = real.over(x.im, x.re);
            return slope ? real.arctan(*slope) : std::nullopt;
        }
        const auto slope = real.over(x.re, x.im);
        const auto rest = slope ? real.arctan(*slope) : std::nullopt;
        if (!rest) return std::nullopt;
        return real.minus(*t > 0 ? right : BallArithmetic::negated(right), *rest);
    }
    Maybe log(const ComplexBall& x) {
        if (x.is_real() && BallArithmetic::sign(x.re) == 1) {
            const auto y = real.log(x.re);
            return y ? Maybe(ComplexBall{*y, {}}) : std::nullopt;
        }
        const auto size = real.log(square(x)), turn = angle(x);
        if (!size || !turn) return std::nullopt;
        return ComplexBall{BallArithmetic::scaled(*size, -1), *turn};
    }
    Maybe sqrt(const ComplexBall& x) {
        if (x.is_real()) {
            const auto s = BallArithmetic::sign(x.re);
            if (!s) return std::nullopt;
            const auto root = real.sqrt(*s < 0 ? BallArithmetic::negated(x.re) : x.re);
            if (!root) return std::nullopt;
            return *s < 0 ? ComplexBall{{}, *root} : ComplexBall{*root, {}};
        }
        const auto y = log(x);
        return y ? exp({BallArithmetic::scaled(y->re, -1), BallArithmetic::scaled(y->im, -1)}) : y;
    }
    /// x^n for a whole n >= 0.
    ComplexBall whole_power(ComplexBall x, unsigned long n) {
        ComplexBall result = from(1);
        for (bool first = true; n > 0; n >>= 1) {
            if (n & 1) result = std::exchange(first, false) ? x : times(result, x);
            if (n > 1) x = times(x, x);
        }
        return result;
    }
    /// sine and cosine of a complex number.
    std::optional<std::pair<ComplexBall, ComplexBall>> sin_cos(const ComplexBall& x) {
        if (x.is_real()) {
            const auto y = real.sin_cos(x.re);
            if (!y) return std::nullopt;
            return std::pair{ComplexBall{y->first, {}}, ComplexBall{y->second, {}}};
        }
        const Maybe up = exp({BallArithmetic::negated(x.im), x.re});  // e^{ix}
        const Maybe down = up ? over(from(1), *up) : up;
        if (!down) return std::nullopt;
        const ComplexBall twice_cos = plus(*up, *down), twice_i_sin = plus(*up, negated(*down));
        const auto half = [](const Ball& y) { return BallArithmetic::scaled(y, -1); };
        return std::pair{
            ComplexBall{half(twice_i_sin.im), BallArithmetic::negated(half(twice_i_sin.re))},
            ComplexBall{half(twice_cos.re), half(twice_cos.im)}};
    }
};

}  // namespace gppo
