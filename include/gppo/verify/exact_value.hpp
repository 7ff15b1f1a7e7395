// SPDX-License-Identifier: Apache-2.0
//
// The exact value of an expression: a complex number with rational parts, or nothing if it has none
// (sqrt(2), pi) or is undefined (1/0). Variables may be given values, so that identities can be
// tested at points.
#pragma once

#include <gppo/verify/expression.hpp>
#include <gppo/verify/point.hpp>

#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace gppo {

/// re + im i.
struct Gaussian {
    Rational re = 0, im = 0;
    friend bool operator==(const Gaussian&, const Gaussian&) = default;
    bool is_real() const { return im == 0; }
};

inline std::size_t bit_count(const Gaussian& x) {
    return std::max(bit_count(x.re), bit_count(x.im));
}

/// Evaluates nodes of one tree at one point.
class ExactValue {
  public:
    ExactValue(const Expression& tree, Meter& meter, Point point = {})
        : tree_(tree), meter_(meter), point_(std::move(point)) {}

    std::optional<Gaussian> operator()(NodeIndex at) { return value(at); }
    /// The value if it is real.
    std::optional<Rational> real(NodeIndex at) {
        const Maybe v = value(at);
        return v && v->is_real() ? std::optional(v->re) : std::nullopt;
    }
    /// Whether a division by zero or the like was met.
    bool undefined() const { return undefined_; }

  private:
    using Maybe = std::optional<Gaussian>;
    using MaybeReal = std::optional<Rational>;

    Maybe value(NodeIndex at);
    Maybe fold(NodeIndex at);
    Maybe power(NodeIndex base, NodeIndex exponent);
    Maybe raised(const Gaussian& base, const Rational& n);
    Maybe call(NodeIndex at);
    Maybe integer_call(NodeIndex at, std::string_view name);
    Maybe series(NodeIndex at, bool product);

    Maybe times(const Gaussian& a, const Gaussian& b) {
        if (!meter_.pay(bit_count(a) + bit_count(b))) return std::nullopt;
        if (a.is_real() && b.is_real()) return Gaussian{a.re * b.re, 0};
        return Gaussian{a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re};
    }
    Maybe inverse(const Gaussian& a) {
        const Rational square = a.re * a.re + a.im * a.im;
        if (square == 0) return undefined_ = true, std::nullopt;
        if (!meter_.pay(2 * bit_count(a))) return std::nullopt;
        return Gaussian{a.re / square, -a.im / square};
    }
    static Maybe just(MaybeReal x) { return x ? Maybe(Gaussian{std::move(*x), 0}) : std::nullopt; }

    const Expression& tree_;
    Meter& meter_;
    Point point_;
    bool undefined_ = false;
};

inline std::optional<Gaussian> ExactValue::value(NodeIndex at) {
    if (!meter_.spend(20)) return std::nullopt;
    switch (tree_.op(at)) {
        case Op::number:
            return Gaussian{tree_.number(at), 0};
        case Op::i:
            return Gaussian{0, 1};
        case Op::variable:
            return just(point_.value(tree_[at].hash));
        case Op::add:
        case Op::multiply:
            return fold(at);
        case Op::negate: {
            const Maybe x = value(tree_.child(at));
            return x ? Maybe(Gaussian{-x->re, -x->im}) : x;
        }
        case Op::inverse: {
            const Maybe x = value(tree_.child(at));
            return x ? inverse(*x) : x;
        }
        case Op::percent: {
            const Maybe x = value(tree_.child(at));
            return x ? Maybe(Gaussian{x->re / 100, x->im / 100}) : x;
        }
        case Op::power:
            return power(tree_.child(at), tree_.child(at, 1));
        case Op::root: {
            const MaybeReal n = real(tree_.child(at, 1));
            const Maybe x = n && *n != 0 ? value(tree_.child(at)) : std::nullopt;
            return x ? raised(*x, Rational(1 / *n)) : x;
        }
        case Op::factorial: {
            const MaybeReal n = real(tree_.child(at));
            return n ? just(factorial_of(*n, meter_)) : std::nullopt;
        }
        case Op::text:
            return tree_[at].count == 1 ? value(tree_.child(at)) : std::nullopt;
        case Op::call:
            return call(at);
        default:
            return std::nullopt;
    }
}

inline std::optional<Gaussian> ExactValue::fold(NodeIndex at) {
    const bool sum = tree_.op(at) == Op::add;
    Gaussian total{sum ? 0 : 1, 0};
    for (const NodeIndex c : tree_.children(at)) {
        const Maybe x = value(c);
        if (!x) return x;
        if (sum) {
            if (!meter_.pay(bit_count(total) + bit_count(*x))) return std::nullopt;
            total.re += x->re;
            if (x->im != 0) total.im += x->im;
        } else {
            const Maybe next = times(total, *x);
            if (!next) return next;
            total = *next;
        }
    }
    return total;
}

inline std::optional<Gaussian> ExactValue::power(NodeIndex base, NodeIndex exponent) {
    const MaybeReal n = real(exponent);
    if (!n) return std::nullopt;
    const Maybe x = value(base);
    return x ? raised(*x, *n) : x;
}

/// base^n where that is rational: integer n, and perfect roots. The odd root of a negative number
/// is the real one, the square root of a negative number is imaginary.
inline std::optional<Gaussian> ExactValue::raised(const Gaussian& base, const Rational& n) {
    if (is_integer(n) && base.is_real()) {
        if (base.re == 0 && n <= 0) undefined_ = true;  // 0^0 is left undefined
        return just(integer_power(base.re, numerator_of(n), meter_));
    }
    if (is_integer(n)) {
        const auto k = small_integer(n, 4096);
        if (!k) return meter_.give_up(), std::nullopt;
        Maybe result = Gaussian{1, 0}, square = base;
        for (long bits = std::labs(*k); bits > 0 && result && square; bits >>= 1) {
            if (bits & 1) result = times(*result, *square);
            if (bits > 1) square = times(*square, *square);
        }
        if (!result || !square) return std::nullopt;
        return *k < 0 ? inverse(*result) : result;
    }
    const auto index = small_integer(Rational(denominator_of(n)), 64);
    if (!index || !base.is_real() || !meter_.pay(2 * bit_count(base))) return std::nullopt;
    const bool negative = base.re < 0;
    if (negative && *index % 2 == 0 && *index != 2) return std::nullopt;
    const Rational size = negative ? Rational(-base.re) : base.re;
    const auto k = static_cast<unsigned>(*index);
    const Integer above = integer_root(numerator_of(size), k);
    const Integer below = integer_root(denominator_of(size), k);
    if (pow(above, k) != numerator_of(size) || pow(below, k) != denominator_of(size))
        return std::nullopt;
    const Rational root(above, below);
    const Gaussian start = !negative     ? Gaussian{root, 0}
                           : *index == 2 ? Gaussian{0, root}
                                         : Gaussian{-root, 0};
    return raised(start, Rational(numerator_of(n)));
}

inline std::optional<Gaussian> ExactValue::call(NodeIndex at) {
    const std::string_view name = tree_.name(at);
    if (name == "sum" || name == "prod") return series(at, name == "prod");
    if (name == "Re" || name == "Im") {
        const Maybe x = value(tree_.child(at));
        return x ? Maybe(Gaussian{name == "Re" ? x->re : x->im, 0}) : x;
    }
    if (name == "abs" || name == "sgn" || name == "floor" || name == "ceil") {
        const Maybe x = tree_[at].count == 1 ? value(tree_.child(at)) : std::nullopt;
        if (!x) return x;
        if (!x->is_real()) {
            const Maybe square = times(*x, Gaussian{x->re, -x->im});
            return name == "abs" && square ? raised(*square, Rational(1, 2)) : std::nullopt;
        }
        if (name == "abs") return Gaussian{x->re < 0 ? Rational(-x->re) : x->re, 0};
        if (name == "sgn") return Gaussian{x->re < 0 ? -1 : x->re > 0 ? 1 : 0, 0};
        if (name == "floor") return Gaussian{Rational(floor_of(x->re)), 0};
        return Gaussian{Rational(-floor_of(Rational(-x->re))), 0};
    }
    if (name == "double factorial") {
        const MaybeReal n = real(tree_.child(at));
        return n ? just(factorial_of(*n, meter_, 2)) : std::nullopt;
    }
    return integer_call(at, name);
}

/// gcd, lcm, max, min, mod and binomials.
inline std::optional<Gaussian> ExactValue::integer_call(NodeIndex at, std::string_view name) {
    const bool order = name == "max" || name == "min";
    if (!order && name != "gcd" && name != "lcm" && name != "mod" && name != "binom")
        return std::nullopt;
    std::vector<Rational> x;
    for (const NodeIndex c : tree_.children(at)) {
        const MaybeReal v = real(c);
        if (!v || !meter_.pay(2 * bit_count(*v)) || (!order && name != "mod" && !is_integer(*v)))
            return std::nullopt;
        x.push_back(*v);
    }
    if (x.empty()) return std::nullopt;
    if (order) {
        const auto best = name == "max" ? std::max_element(x.begin(), x.end())
                                        : std::min_element(x.begin(), x.end());
        return Gaussian{*best, 0};
    }
    if (name == "gcd" || name == "lcm") {
        Integer total = numerator_of(x[0]);
        for (const Rational& v : x) {
            if (!meter_.pay(bit_count(total) + bit_count(v))) return std::nullopt;
            total = name == "gcd" ? Integer(gcd(total, numerator_of(v)))
                                  : Integer(lcm(total, numerator_of(v)));
        }
        return Gaussian{Rational(total), 0};
    }
    if (x.size() != 2) return std::nullopt;
    if (name == "mod") {
        if (x[1] == 0) return undefined_ = true, std::nullopt;
        return Gaussian{x[0] - x[1] * Rational(floor_of(Rational(x[0] / x[1]))), 0};
    }
    if (x[1] < 0 || x[0] < 0) return std::nullopt;
    if (x[1] > x[0]) return Gaussian{0, 0};
    const Rational other = x[0] - x[1];
    const auto k = small_integer(std::min(x[1], other), 2500);
    if (!k) return meter_.give_up(), std::nullopt;
    Integer result = 1;
    for (long j = 1; j <= *k; ++j) {
        if (!meter_.pay(bit_count(result) + bit_count(x[0]))) return std::nullopt;
        result = Integer(result * (numerator_of(x[0]) - *k + j)) / j;
    }
    return Gaussian{Rational(result), 0};
}

/// A finite sum or product with at most a thousand terms.
inline std::optional<Gaussian> ExactValue::series(NodeIndex at, bool product) {
    const MaybeReal from = real(tree_.child(at, 2)), to = real(tree_.child(at, 3));
    if (!from || !to || !is_integer(*from) || tree_.op(tree_.child(at, 1)) != Op::variable)
        return std::nullopt;
    if (*to - *from > 1000) return meter_.give_up(), std::nullopt;
    Gaussian total{product ? 1 : 0, 0};
    point_.bound.emplace_back(tree_[tree_.child(at, 1)].hash, *from);
    Maybe term = total;
    for (; point_.bound.back().second <= *to; point_.bound.back().second += 1) {
        term = value(tree_.child(at));
        if (term && product) term = times(total, *term);
        if (!term || !meter_.pay(bit_count(total))) break;
        if (product)
            total = *term;
        else
            total.re += term->re, total.im += term->im;
    }
    point_.bound.pop_back();
    return term && !meter_.exhausted() ? Maybe(total) : std::nullopt;
}

}  // namespace gppo
