// SPDX-License-Identifier: Apache-2.0
//
// exp, log, sine, cosine, arctangent, π and log 2 of certified reals: a reduction of the argument,
// a Taylor series, and the series' remainder in the radius.
#pragma once

#include <gppo/verify/ball.hpp>

#include <cmath>
#include <optional>
#include <utility>

namespace gppo {

/// Functions at one precision. π and log 2 are computed once an object.
class BallFunctions : public BallArithmetic {
  public:
    using BallArithmetic::BallArithmetic;

    const Ball& pi() {
        if (!pi_)  // Machin: 16 arctan(1/5) - 4 arctan(1/239)
            pi_ = minus(scaled(arctan_inverse(5), 4), scaled(arctan_inverse(239), 2));
        return *pi_;
    }
    const Ball& log2() {
        if (!log2_) {  // 18 artanh(1/26) - 2 artanh(1/4801) + 8 artanh(1/8749)
            const Ball a = times(from(Integer(18)), arctan_inverse(26, true));
            const Ball b = scaled(arctan_inverse(4801, true), 1);
            log2_ = plus(minus(a, b), scaled(arctan_inverse(8749, true), 3));
        }
        return *log2_;
    }

    Maybe exp(const Ball& x) {
        if (x.is_exact_zero()) return from(Integer(1));
        if (bound(x) > 40) return std::nullopt;
        const double about = approximate(x);
        if (!std::isfinite(about) || x.radius > 0x1p60) return std::nullopt;
        const long k = std::lround(about / 0.69314718055994530942);
        const Ball rest = minus(x, times(from(Integer(k)), log2()));
        const long halvings =
            4 + static_cast<long>(std::sqrt(static_cast<double>(precision())) / 2);
        if (bound(rest) > 8) return std::nullopt;  // too wide to be of use
        Ball y = series_exp(scaled(rest, -halvings));
        for (long i = 0; i < halvings; ++i) y = times(y, y);
        return scaled(y, k);
    }

    /// Nothing unless x is certainly positive.
    Maybe log(const Ball& x) {
        if (sign(x) != 1) return std::nullopt;
        const long k = x.top();
        Maybe y = scaled(x, -k);  // in [1/2, 1)
        const long roots = 3 + static_cast<long>(std::sqrt(static_cast<double>(precision())) / 3);
        for (long i = 0; i < roots && y; ++i) y = sqrt(*y);
        if (!y) return y;
        const Ball one = from(Integer(1));
        const Maybe z = over(minus(*y, one), plus(*y, one));
        if (!z) return z;
        const Ball half = series_arctan(*z, true);
        return plus(scaled(half, roots + 1), times(from(Integer(k)), log2()));
    }

    /// sine and cosine.
    std::optional<std::pair<Ball, Ball>> sin_cos(const Ball& x) {
        if (x.is_exact_zero()) return std::pair{Ball{}, from(Integer(1))};
        if (bound(x) > 60) return std::nullopt;
        const double turns = approximate(x) / 1.57079632679489661923;
        if (!std::isfinite(turns) || std::fabs(turns) > 0x1p60) return std::nullopt;
        const long long q = std::llround(turns);
        const Ball rest = minus(x, scaled(times(from(Integer(q)), pi()), -1));
        if (bound(rest) > 4) return std::nullopt;
        const Ball s = series_sin(rest, false), c = series_sin(rest, true);
        switch (((q % 4) + 4) % 4) {
            case 0:
                return std::pair{s, c};
            case 1:
                return std::pair{c, negated(s)};
            case 2:
                return std::pair{negated(s), negated(c)};
            default:
                return std::pair{negated(c), s};
        }
    }

    Maybe arctan(Ball x) {
        if (x.is_exact_zero()) return x;
        const long top = bound(x);
        if (top > 2) {  // arctan(x) = ±π/2 - arctan(1/x)
            const auto s = sign(x);
            const Maybe flipped = s ? over(from(Integer(1)), x) : std::nullopt;
            if (!flipped) return flipped;
            const Maybe rest = arctan(*flipped);
            if (!rest) return rest;
            const Ball right = scaled(pi(), -1);
            return minus(*s > 0 ? right : negated(right), *rest);
        }
        const long halvings =
            3 + static_cast<long>(std::sqrt(static_cast<double>(precision())) / 3);
        const Ball one = from(Integer(1));
        for (long i = 0; i < halvings; ++i) {  // arctan(x) = 2 arctan(x / (1 + sqrt(1 + x²)))
            const Maybe root = sqrt(plus(one, times(x, x)));
            const Maybe next = root ? over(x, plus(one, *root)) : root;
            if (!next) return next;
            x = *next;
        }
        return scaled(series_arctan(x, false), halvings);
    }

  private:
    /// Adds what a series leaves out: less than twice its first omitted term, which is below 2^k.
    static Ball with_error(Ball x, long k) {
        x.radius += widened(2.0, k - x.exponent);
        return x;
    }
    long enough() const { return -precision() - 10; }

    /// Σ ± 1/((2n+1) q^(2n+1)).
    Ball arctan_inverse(long q, bool hyperbolic = false) {
        const long unit = precision() + 20;
        Integer term = (Integer(1) << static_cast<unsigned>(unit)) / q, sum = term;
        const long square = q * q;
        double error = 1;
        for (long n = 1; term != 0; ++n) {
            pay_little();
            term /= square;
            const Integer part = term / (2 * n + 1);
            sum = hyperbolic || n % 2 == 0 ? Integer(sum + part) : Integer(sum - part);
            error += 2;
        }
        return rounded({sum, -unit, error + 2});
    }
    /// |x| < 1/2.
    Ball series_exp(const Ball& x) {
        Ball term = from(Integer(1)), sum = term;
        for (long n = 1; pay(); ++n) {
            term = divided(times(term, x), n);
            if (bound(term) < enough()) break;
            sum = plus(sum, term);
        }
        return with_error(sum, bound(term) + 1);
    }
    /// |x| < 2: sine, or cosine.
    Ball series_sin(const Ball& x, bool cosine) {
        const Ball square = times(x, x);
        Ball term = cosine ? from(Integer(1)) : x, sum = term;
        for (long n = cosine ? 1 : 2; pay(); n += 2) {
            term = negated(divided(times(term, square), n * (n + 1)));
            if (bound(term) < enough()) break;
            sum = plus(sum, term);
        }
        return with_error(sum, bound(term) + 1);
    }
    /// |x| < 1/2: x ∓ x³/3 + x⁵/5 ∓ …
    Ball series_arctan(const Ball& x, bool hyperbolic) {
        const Ball square = hyperbolic ? times(x, x) : negated(times(x, x));
        Ball power = x, sum = x;
        for (long n = 3; pay(); n += 2) {
            power = times(power, square);
            if (bound(power) < enough() + std::min(0L, x.top())) break;
            sum = plus(sum, divided(power, n));
        }
        return with_error(sum, bound(power) + 1);
    }

    std::optional<Ball> pi_, log2_;
};

}  // namespace gppo
