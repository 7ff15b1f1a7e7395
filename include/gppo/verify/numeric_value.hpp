// SPDX-License-Identifier: Apache-2.0
//
// The certified value of an expression with roots, powers, logarithms and trigonometric functions,
// at a point and a precision. An unknown function f becomes a fixed smooth function, so that f(4-x)
// equals f(-x+4) and nothing else.
#pragma once

#include <gppo/verify/complex_ball.hpp>
#include <gppo/verify/exact_value.hpp>

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <string_view>
#include <utility>

namespace gppo {

/// What \log without a base means.
enum class LogBase { ten, e };

/// Evaluates nodes of one tree at one point.
class NumericValue {
  public:
    NumericValue(const Expression& tree, Meter& meter, long precision, Point point = {},
                 LogBase base = LogBase::ten)
        : tree_(tree),
          meter_(meter),
          math_(precision, meter),
          point_(std::move(point)),
          log_base_(base) {}

    /// Nothing if the value is undefined, cannot be decided at this precision, or costs too much.
    std::optional<ComplexBall> operator()(NodeIndex at) {
        const Maybe result = value(at);
        return meter_.exhausted() ? std::nullopt : result;
    }
    /// The largest |log2| of a value that was met on the way.
    long extent() const { return extent_; }
    ComplexArithmetic& math() { return math_; }

  private:
    using Maybe = std::optional<ComplexBall>;

    Maybe value(NodeIndex at) {
        if (!meter_.spend(20)) return std::nullopt;
        const Maybe result = compute(at);
        if (result)
            for (const Ball* part : {&result->re, &result->im})
                if (!BallArithmetic::may_be_zero(*part))
                    extent_ = std::max(extent_, std::labs(part->top()));
        return result;
    }
    Maybe compute(NodeIndex at);
    Maybe power(NodeIndex at);
    Maybe raised(const ComplexBall& base, const Rational& n);
    Maybe call(NodeIndex at);
    Maybe trigonometric(std::string_view name, const ComplexBall& x);
    Maybe inverse_trigonometric(std::string_view name, const ComplexBall& x);
    Maybe hyperbolic(std::string_view name, const ComplexBall& x);
    Maybe logarithm(NodeIndex at);
    Maybe real_call(NodeIndex at);
    Maybe opaque(NodeIndex at);
    Maybe series(NodeIndex at, bool product);
    Maybe inverse(const Maybe& x) { return x ? math_.over(math_.from(1), *x) : x; }
    static Maybe just(std::optional<Ball> x) {
        return x ? Maybe(ComplexBall{std::move(*x), {}}) : std::nullopt;
    }

    const Expression& tree_;
    Meter& meter_;
    ComplexArithmetic math_;
    Point point_;
    LogBase log_base_;
    long extent_ = 0;
};

inline std::optional<ComplexBall> NumericValue::compute(NodeIndex at) {
    switch (tree_.op(at)) {
        case Op::number:
            return math_.from(tree_.number(at));
        case Op::pi:
            return ComplexBall{math_.real.pi(), {}};
        case Op::e:
            return math_.exp(math_.from(1));
        case Op::i:
            return ComplexBall{{}, math_.real.from(Integer(1))};
        case Op::variable: {
            const auto x = point_.value(tree_[at].hash);
            return x ? Maybe(math_.from(*x)) : std::nullopt;
        }
        case Op::add:
        case Op::multiply: {
            const bool sum = tree_.op(at) == Op::add;
            ComplexBall total = math_.from(sum ? 0 : 1);
            for (const NodeIndex c : tree_.children(at)) {
                const Maybe x = value(c);
                if (!x) return x;
                total = sum ? math_.plus(total, *x) : math_.times(total, *x);
            }
            return total;
        }
        case Op::negate: {
            const Maybe x = value(tree_.child(at));
            return x ? Maybe(math_.negated(*x)) : x;
        }
        case Op::inverse:
            return inverse(value(tree_.child(at)));
        case Op::power:
        case Op::root:
            return power(at);
        case Op::percent: {
            const Maybe x = value(tree_.child(at));
            return x ? math_.over(*x, math_.from(100)) : x;
        }
        case Op::degrees: {
            const Maybe x = value(tree_.child(at));
            return x ? math_.over(math_.times(*x, {math_.real.pi(), {}}), math_.from(180)) : x;
        }
        case Op::factorial: {
            const auto x = ExactValue(tree_, meter_, point_)(at);
            return x ? Maybe(math_.from(x->re)) : std::nullopt;
        }
        case Op::text:
            return tree_[at].count == 1 ? value(tree_.child(at)) : std::nullopt;
        case Op::call:
            return call(at);
        default:
            return std::nullopt;
    }
}

/// Child 0 of a power or root to the exponent, which is one over child 1 for a root.
inline std::optional<ComplexBall> NumericValue::power(NodeIndex at) {
    const bool root = tree_.op(at) == Op::root;
    const NodeIndex base = tree_.child(at), exponent = tree_.child(at, 1);
    const auto exact = ExactValue(tree_, meter_, point_).real(exponent);
    if (exact && root && *exact == 0) return std::nullopt;
    if (exact) {
        const Maybe x = value(base);
        return x ? raised(*x, root ? Rational(1 / *exact) : *exact) : x;
    }
    Maybe n = value(exponent);
    if (root) n = inverse(n);
    if (!n) return n;
    if (tree_.op(base) == Op::e) return math_.exp(*n);
    const Maybe x = value(base);
    const Maybe y = x ? math_.log(*x) : x;
    return y ? math_.exp(math_.times(*y, *n)) : y;
}

/// base^n for a rational n.
inline std::optional<ComplexBall> NumericValue::raised(const ComplexBall& base, const Rational& n) {
    if (base.re.is_exact_zero() && base.is_real()) return n > 0 ? Maybe(base) : std::nullopt;
    const auto above = small_integer(Rational(numerator_of(n)), 1L << 30);
    const auto below = small_integer(Rational(denominator_of(n)), 1L << 30);
    if (above && below && *below <= 2) {
        const Maybe start = *below == 2 ? math_.sqrt(base) : base;
        if (!start) return start;
        const Maybe size = math_.whole_power(*start, static_cast<unsigned long>(std::labs(*above)));
        return *above < 0 ? inverse(size) : size;
    }
    const auto s = BallArithmetic::sign(base.re);
    const bool flip = base.is_real() && below && *below % 2 == 1 && s && *s < 0;
    const Maybe y = math_.log(flip ? math_.negated(base) : base);
    const Maybe size = y ? math_.exp(math_.times(*y, math_.from(n))) : y;
    return size && flip && numerator_of(n) % 2 != 0 ? Maybe(math_.negated(*size)) : size;
}

}  // namespace gppo

#include <gppo/verify/numeric_functions.hpp>
