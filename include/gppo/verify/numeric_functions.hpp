// SPDX-License-Identifier: Apache-2.0
//
// The part of NumericValue that knows functions by name: trigonometry and its inverses, hyperbolic
// functions, logarithms, absolute values and steps, finite sums, and unknown functions.
#pragma once

#include <gppo/verify/numeric_value.hpp>

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

namespace gppo {

inline std::optional<ComplexBall> NumericValue::call(NodeIndex at) {
    const std::string_view name = tree_.name(at);
    if (name == "sum" || name == "prod") return series(at, name == "prod");
    if (name == "log" || name == "ln" || name == "lg") return logarithm(at);
    if (name.starts_with("opaque ") || name == "derivative") return opaque(at);
    if (name == "abs" || name == "floor" || name == "ceil" || name == "max" || name == "min" ||
        name == "sgn")
        return real_call(at);
    if (name == "gcd" || name == "lcm" || name == "mod" || name == "binom" ||
        name == "double factorial") {
        const auto x = ExactValue(tree_, meter_, point_)(at);
        return x ? Maybe(math_.from(x->re)) : std::nullopt;
    }
    const Maybe x = tree_[at].count == 1 ? value(tree_.child(at)) : std::nullopt;
    if (!x) return x;
    if (name == "exp") return math_.exp(*x);
    if (name == "Re") return ComplexBall{x->re, {}};
    if (name == "Im") return ComplexBall{x->im, {}};
    if (name == "cbrt") return raised(*x, Rational(1, 3));
    if (name.ends_with("h")) return hyperbolic(name, *x);
    return name.starts_with("a") ? inverse_trigonometric(name, *x) : trigonometric(name, *x);
}

inline std::optional<ComplexBall> NumericValue::trigonometric(std::string_view name,
                                                              const ComplexBall& x) {
    const auto both = math_.sin_cos(x);
    if (!both) return std::nullopt;
    const auto& [sine, cosine] = *both;
    if (name == "sin") return sine;
    if (name == "cos") return cosine;
    if (name == "cis") return math_.plus(cosine, math_.times({{}, math_.from(1).re}, sine));
    if (name == "tan") return math_.over(sine, cosine);
    if (name == "cot") return math_.over(cosine, sine);
    if (name == "sec") return inverse(cosine);
    return name == "csc" ? inverse(sine) : std::nullopt;
}

/// Of real arguments only.
inline std::optional<ComplexBall> NumericValue::inverse_trigonometric(std::string_view name,
                                                                      const ComplexBall& x) {
    if (!x.is_real()) return std::nullopt;
    BallFunctions& real = math_.real;
    const Ball right = BallArithmetic::scaled(real.pi(), -1);
    if (name == "atan") return just(real.arctan(x.re));
    if (name == "acot") {
        const auto y = real.arctan(x.re);
        return y ? just(real.minus(right, *y)) : std::nullopt;
    }
    if (name == "asec" || name == "acsc") {
        const Maybe flipped = inverse(x);
        return flipped ? inverse_trigonometric(name == "asec" ? "acos" : "asin", *flipped)
                       : flipped;
    }
    if (name != "asin" && name != "acos") return std::nullopt;
    const Ball rest = real.minus(real.from(Integer(1)), real.times(x.re, x.re));
    Maybe sine;
    if (rest.is_exact_zero()) {
        sine = ComplexBall{x.re.middle < 0 ? BallArithmetic::negated(right) : right, {}};
    } else {
        const auto root = real.sqrt(rest);
        const auto slope = root ? real.over(x.re, *root) : std::nullopt;
        sine = slope ? just(real.arctan(*slope)) : std::nullopt;
    }
    if (!sine || name == "asin") return sine;
    return ComplexBall{real.minus(right, sine->re), {}};
}

inline std::optional<ComplexBall> NumericValue::hyperbolic(std::string_view name,
                                                           const ComplexBall& x) {
    const Maybe up = math_.exp(x);
    const Maybe down = inverse(up);
    if (!down) return down;
    const Maybe two = math_.from(2);
    const Maybe sine = math_.over(math_.plus(*up, math_.negated(*down)), *two);
    const Maybe cosine = math_.over(math_.plus(*up, *down), *two);
    if (name == "sinh") return sine;
    if (name == "cosh") return cosine;
    if (name == "tanh") return math_.over(*sine, *cosine);
    if (name == "coth") return math_.over(*cosine, *sine);
    if (name == "sech") return inverse(cosine);
    return name == "csch" ? inverse(sine) : std::nullopt;
}

/// ln x, log x, log_b x.
inline std::optional<ComplexBall> NumericValue::logarithm(NodeIndex at) {
    const Maybe x = value(tree_.child(at));
    const Maybe above = x ? math_.log(*x) : x;
    const bool natural =
        tree_.name(at) == "ln" || (tree_.name(at) == "log" && log_base_ == LogBase::e);
    if (!above || (tree_[at].count == 1 && natural)) return above;
    const Maybe base = tree_[at].count == 2 ? value(tree_.child(at, 1)) : math_.from(10);
    const Maybe below = base ? math_.log(*base) : base;
    return below ? math_.over(*above, *below) : below;
}

/// Functions with steps or corners, of real arguments.
inline std::optional<ComplexBall> NumericValue::real_call(NodeIndex at) {
    if (const auto exact = ExactValue(tree_, meter_, point_)(at)) return math_.from(exact->re);
    const std::string_view name = tree_.name(at);
    Maybe best;
    for (const NodeIndex c : tree_.children(at)) {
        const Maybe x = value(c);
        if (!x) return x;
        if (name == "abs") return just(math_.abs(*x));
        if (!x->is_real()) return std::nullopt;
        if (name == "sgn") {
            const auto s = BallArithmetic::sign(x->re);
            return s ? Maybe(math_.from(*s)) : std::nullopt;
        }
        if (name == "max" || name == "min") {
            const auto s = best ? BallArithmetic::sign(math_.real.minus(x->re, best->re)) : 0;
            if (!s) return std::nullopt;
            if (!best || (name == "max" ? *s > 0 : *s < 0)) best = x;
            continue;
        }
        const long whole = BallArithmetic::bound(x->re);
        if (whole > 1000 || x->re.exponent > 0) return std::nullopt;
        const Integer unit = Integer(1) << static_cast<unsigned>(-x->re.exponent);
        const Integer wide(std::min(x->re.radius + 1, 1e18));
        const Integer low = floor_of(Rational(x->re.middle - wide, unit));
        const Integer high = floor_of(Rational(x->re.middle + wide, unit));
        if (low != high) return std::nullopt;
        return math_.from(Rational(name == "floor" ? low : Integer(low + 1)));
    }
    return best;
}

/// A smooth function chosen by the name: the sum of sin(a x + b) over its arguments.
inline std::optional<ComplexBall> NumericValue::opaque(NodeIndex at) {
    ComplexBall total = math_.from(0);
    std::uint64_t bits = tree_[at].hash;
    for (const NodeIndex c : tree_.children(at)) {
        const Maybe x = value(c);
        if (!x) return x;
        bits = mixed_bits(bits);
        const Rational a(static_cast<long>(bits % 1009 + 500), 1000);
        const Rational b(static_cast<long>((bits >> 32) % 1013), 1000);
        const auto y = math_.sin_cos(math_.plus(math_.times(*x, math_.from(a)), math_.from(b)));
        if (!y) return std::nullopt;
        total = math_.plus(total, y->first);
    }
    return total;
}

/// A finite sum or product.
inline std::optional<ComplexBall> NumericValue::series(NodeIndex at, bool product) {
    ExactValue exact(tree_, meter_, point_);
    const auto from = exact.real(tree_.child(at, 2)), to = exact.real(tree_.child(at, 3));
    if (!from || !to || !is_integer(*from) || *to - *from > 1000 ||
        tree_.op(tree_.child(at, 1)) != Op::variable)
        return std::nullopt;
    ComplexBall total = math_.from(product ? 1 : 0);
    point_.bound.emplace_back(tree_[tree_.child(at, 1)].hash, *from);
    Maybe term = total;
    for (; term && point_.bound.back().second <= *to; point_.bound.back().second += 1) {
        term = value(tree_.child(at));
        if (term) total = product ? math_.times(total, *term) : math_.plus(total, *term);
        if (meter_.exhausted()) term.reset();
    }
    point_.bound.pop_back();
    return term ? Maybe(total) : std::nullopt;
}

}  // namespace gppo
