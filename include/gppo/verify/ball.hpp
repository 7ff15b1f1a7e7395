// SPDX-License-Identifier: Apache-2.0
//
// Certified real numbers: a ball is (middle ± radius) · 2^exponent and always contains the true
// value. Each operation rounds its middle to the working precision and adds what that may have
// cost to the radius, so a ball that does not contain zero proves that a number is not zero.
// The radius is a double that is rounded up at every step.
#pragma once

#include <gppo/verify/exact_number.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <optional>
#include <utility>

namespace gppo {

/// (middle ± radius) · 2^exponent.
struct Ball {
    Integer middle = 0;
    long exponent = 0;
    double radius = 0;

    bool is_exact_zero() const { return middle == 0 && radius == 0; }
    /// The exponent of the leading bit of the middle.
    long top() const { return exponent + static_cast<long>(bit_count(middle)); }
};

/// x · 2^k, a little more, never less.
inline double widened(double x, long k = 0) {
    if (x == 0) return 0;
    constexpr int far = 4000;  // beyond any double
    const int step = static_cast<int>(std::clamp<long>(k, -far, far));
    return std::ldexp(x, step) * (1 + 0x1p-40) + 0x1p-900;
}

/// |x| as m · 2^k with m a double, rounded up.
inline std::pair<double, long> magnitude_above(const Integer& x) {
    if (x == 0) return {0, 0};
    const std::size_t bits = bit_count(x);
    const long k = bits > 60 ? static_cast<long>(bits) - 60 : 0;
    const Integer head = (x < 0 ? Integer(-x) : x) >> static_cast<unsigned>(k);
    return {(head.convert_to<double>() + (k > 0 ? 1 : 0)) * (1 + 0x1p-40), k};
}

/// x / 2^k towards zero. The shift of a negative number would round another way.
inline Integer shifted(const Integer& x, long k) {
    if (k <= 0) return x << static_cast<unsigned>(-k);
    return x < 0 ? Integer(-(Integer(-x) >> static_cast<unsigned>(k)))
                 : Integer(x >> static_cast<unsigned>(k));
}

/// Arithmetic at one precision, paid for by a meter. An operation that cannot be done (a division
/// by something that may be zero, an exponent out of reach) gives nothing.
class BallArithmetic {
  public:
    using Maybe = std::optional<Ball>;

    BallArithmetic(long precision, Meter& meter) : precision_(precision), meter_(meter) {}

    long precision() const { return precision_; }
    bool pay() {
        const auto limbs = static_cast<std::size_t>(2 + precision_ / 64);
        return meter_.spend(40 + 2 * limbs * limbs);
    }
    /// For work that is linear in the precision.
    bool pay_little() { return meter_.spend(static_cast<std::size_t>(20 + precision_ / 32)); }

    /// At most `precision` bits of middle, and a radius that a double can hold.
    Ball rounded(Ball x) const {
        const long bits = static_cast<long>(bit_count(x.middle));
        long cut = bits - precision_;
        if (x.radius > 0x1p40) cut = std::max(cut, static_cast<long>(std::ilogb(x.radius)) - 30);
        if (cut <= 0) return x;
        x.middle = shifted(x.middle, cut);
        x.radius = widened(x.radius, -cut) + 1;
        x.exponent += cut;
        return x;
    }
    Ball from(const Integer& n) const { return rounded({n, 0, 0}); }
    Ball from(const Rational& x) const {
        const Integer n = numerator_of(x), d = denominator_of(x);
        if (d == 1) return from(n);
        const long shift =
            precision_ + static_cast<long>(bit_count(d)) - static_cast<long>(bit_count(n)) + 2;
        const Integer q = shift >= 0 ? Integer((n << static_cast<unsigned>(shift)) / d)
                                     : Integer(n / (d << static_cast<unsigned>(-shift)));
        return rounded({q, -shift, 1});
    }

    static Ball negated(Ball x) {
        x.middle = -x.middle;
        return x;
    }
    /// x · 2^k.
    static Ball scaled(Ball x, long k) {
        x.exponent += k;
        return x;
    }

    Ball plus(const Ball& a, const Ball& b) {
        pay();
        if (a.is_exact_zero()) return b;
        if (b.is_exact_zero()) return a;
        long unit = std::min(a.exponent, b.exponent);
        unit = std::max(unit, std::max(a.top(), b.top()) - precision_ - 20);
        if (a.radius >= 1) unit = std::max(unit, std::min(a.exponent, a.top()));
        if (b.radius >= 1) unit = std::max(unit, std::min(b.exponent, b.top()));
        const Ball x = with_unit(a, unit), y = with_unit(b, unit);
        return rounded({x.middle + y.middle, unit, widened(x.radius + y.radius)});
    }
    Ball minus(const Ball& a, const Ball& b) { return plus(a, negated(b)); }

    Ball times(const Ball& a, const Ball& b) {
        pay();
        if (a.is_exact_zero() || b.is_exact_zero()) return {};
        const auto [fa, ka] = magnitude_above(a.middle);
        const auto [fb, kb] = magnitude_above(b.middle);
        Ball result{a.middle * b.middle, a.exponent + b.exponent, 0};
        const long cut = std::max(0L, static_cast<long>(bit_count(result.middle)) - precision_);
        // A radius in units of 2^exponent may not fit a double before the cut, so cut first.
        const double radius = widened(fa * b.radius, ka - cut) + widened(fb * a.radius, kb - cut) +
                              widened(a.radius * b.radius, -cut);
        if (cut > 0) result.middle = shifted(result.middle, cut);
        result.exponent += cut;
        result.radius = widened(radius) + (cut > 0 ? 1 : 0);
        return rounded(result);
    }

    /// Nothing if b may be zero.
    Maybe over(const Ball& a, const Ball& b) {
        pay();
        if (may_be_zero(b)) return std::nullopt;
        if (a.is_exact_zero()) return Ball{};
        const long shift = precision_ + static_cast<long>(bit_count(b.middle)) -
                           static_cast<long>(bit_count(a.middle)) + 2;
        const long up = std::max(0L, shift);
        const Integer q = (a.middle << static_cast<unsigned>(up)) / b.middle;
        // |a/b - q| <= (ra 2^up + |q| rb) / (|b| - rb), in units of the quotient.
        const auto [fb, kb] = magnitude_above(b.middle);
        const double below = fb * (1 - 0x1p-30) - (kb > 0 ? 1 : 0) - widened(b.radius, -kb);
        const auto [fq, kq] = magnitude_above(q);
        const double error =
            widened(a.radius / below, up - kb) + widened(fq * b.radius / below, kq - kb) + 1;
        return rounded({q, a.exponent - b.exponent - up, widened(error)});
    }
    /// x / n for a small whole n.
    Ball divided(const Ball& x, long n) {
        pay_little();
        return rounded({(x.middle << 32) / n, x.exponent - 32,
                        widened(x.radius / static_cast<double>(n), 32) + 1});
    }

    /// Nothing if x may be negative (zero itself has the root zero).
    Maybe sqrt(const Ball& x) {
        meter_.spend(400);  // a dozen divisions
        for (int k = 0; k < 4; ++k) pay();
        if (x.is_exact_zero()) return x;
        if (x.middle < 0 || may_be_zero(x)) return std::nullopt;
        const long want = 2 * precision_ + 4;
        long shift = std::max(0L, want - static_cast<long>(bit_count(x.middle)));
        if ((x.exponent - shift) % 2 != 0) ++shift;
        const Integer root = integer_sqrt(x.middle << static_cast<unsigned>(shift));
        const auto [f, k] = magnitude_above(root);
        // |sqrt(m ± r) - sqrt(m)| <= r / sqrt(m)
        const double error = x.radius == 0 ? 1 : widened(2 * x.radius / f, shift - k) + 1;
        return rounded({root, (x.exponent - shift) / 2, widened(error)});
    }

    /// Whether the ball contains zero.
    static bool may_be_zero(const Ball& x) {
        if (x.middle == 0) return true;
        if (x.radius == 0) return false;
        if (!std::isfinite(x.radius)) return true;
        const auto [f, k] = magnitude_above(x.middle);
        return widened(x.radius * (1 + 0x1p-30), -k) >= f * (1 - 0x1p-30) - (k > 0 ? 2 : 0);
    }
    /// -1 or +1, or nothing if the ball contains zero and more.
    static std::optional<int> sign(const Ball& x) {
        if (x.is_exact_zero()) return 0;
        if (may_be_zero(x)) return std::nullopt;
        return x.middle < 0 ? -1 : 1;
    }
    /// A k with |x| < 2^k for every x in the ball.
    static long bound(const Ball& x) {
        const long wide = x.radius == 0 ? -4000 : static_cast<long>(std::ilogb(x.radius)) + 2;
        const long middle = x.middle == 0 ? -4000 : static_cast<long>(bit_count(x.middle));
        return x.exponent + std::max(middle, wide) + 1;
    }
    static double approximate(const Ball& x) {
        const long cut = std::max(0L, static_cast<long>(bit_count(x.middle)) - 64);
        const long k = std::clamp<long>(x.exponent + cut, -3000, 3000);
        return std::ldexp(shifted(x.middle, cut).convert_to<double>(), static_cast<int>(k));
    }

  private:
    static Ball with_unit(const Ball& x, long unit) {
        const long cut = unit - x.exponent;
        if (cut <= 0) return {shifted(x.middle, cut), unit, widened(x.radius, -cut)};
        const bool gone = cut > static_cast<long>(bit_count(x.middle)) + 1;
        return {gone ? Integer(0) : shifted(x.middle, cut), unit, widened(x.radius, -cut) + 1};
    }

    long precision_;
    Meter& meter_;
};

}  // namespace gppo
