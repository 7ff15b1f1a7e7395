// SPDX-License-Identifier: Apache-2.0
//
// Are two scalar expressions equal? In order of cost: the same tree; exact complex rationals;
// values modulo two primes where both are rational functions; certified balls, at points where
// there are variables. Different is always proved. Equal of irrational numbers is claimed only when
// a difference would have to be smaller than any that numbers written with so few digits have shown
// (the precision grows with the size of both expressions); where that is out of reach, the verdict
// is budget.
#pragma once

#include <gppo/verify/modular_value.hpp>
#include <gppo/verify/numeric_value.hpp>
#include <gppo/verify/verdict.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <optional>
#include <utility>

namespace gppo {

/// Decides about pairs of scalars of one tree.
class ScalarEquality {
  public:
    ScalarEquality(Expression& tree, Meter& meter) : tree_(tree), meter_(meter) {}

    Judgement judge(NodeIndex a, NodeIndex b) {
        if (tree_.same(a, b)) return {Verdict::equal, "the same notation"};
        if (meter_.exhausted()) return too_costly();
        if (const bool p = tree_.has(a, Op::infinity), q = tree_.has(b, Op::infinity); p || q) {
            const bool known = (!p || is_infinity(a)) && (!q || is_infinity(b));
            if (!known) return undecided();
            return {Verdict::different, "an infinity and another value"};
        }
        const bool variables = has_variables(a) || has_variables(b);
        if (!variables)
            if (const auto known = constants(a, b)) return *known;
        const Judgement rational = residues(a, b, variables);
        if (rational.verdict != Verdict::unparsable) return rational;
        if (meter_.exhausted()) return too_costly();
        return variables ? at_points(a, b) : real_numbers(a, b);
    }
    /// The sign of a - b for real constants, or nothing if it cannot be decided.
    std::optional<int> compare(NodeIndex a, NodeIndex b);
    bool has_variables(NodeIndex at) const {
        return tree_.any(at, [&](NodeIndex n) {
            return tree_.op(n) == Op::variable ||
                   (tree_.op(n) == Op::call && tree_.name(n).starts_with("opaque"));
        });
    }

  private:
    static Judgement too_costly() {
        return {Verdict::budget, "deciding would cost more than is allowed"};
    }
    static Judgement same_value() { return {Verdict::equal, "the same value"}; }
    static Judgement other_value() { return {Verdict::different, "another value"}; }
    static Judgement undecided() { return {Verdict::unparsable, "values that cannot be computed"}; }

    bool is_infinity(NodeIndex at) const {
        return tree_.op(at) == Op::infinity ||
               (tree_.op(at) == Op::negate && tree_.op(tree_.child(at)) == Op::infinity);
    }
    std::optional<Judgement> constants(NodeIndex a, NodeIndex b);
    Judgement residues(NodeIndex a, NodeIndex b, bool variables);
    Judgement real_numbers(NodeIndex a, NodeIndex b);
    Judgement real_numbers(NodeIndex a, NodeIndex b, LogBase base);
    Judgement at_points(NodeIndex a, NodeIndex b);
    Judgement at_points(NodeIndex a, NodeIndex b, LogBase base, bool only_real);
    std::optional<Judgement> decimal(NodeIndex a, NodeIndex b);
    double weight(NodeIndex at) const;
    /// Bits to which two values must agree before they count as equal.
    long evidence(NodeIndex a, NodeIndex b, long extent) const {
        const double bits = 96 + 3 * (weight(a) + weight(b)) + 2 * static_cast<double>(extent);
        return bits > 1e9 ? 1'000'000'000 : static_cast<long>(bits);
    }
    enum class Gap { none, some, unknown };
    Gap gap(ComplexArithmetic& math, const ComplexBall& x, const ComplexBall& y, long bits);
    bool has_log(NodeIndex at) const {
        return tree_.any(at, [&](NodeIndex n) {
            return tree_.op(n) == Op::call && tree_.name(n) == "log" && tree_[n].count == 1;
        });
    }
    bool needs_integers(NodeIndex at) const {
        return tree_.any(at, [&](NodeIndex n) {
            const Op op = tree_.op(n);
            if (op == Op::factorial) return has_variables(n);
            if (op == Op::power)
                return has_variables(tree_.child(n, 1)) && tree_.is_number(tree_.child(n), -1);
            if (op != Op::call || !has_variables(n)) return false;
            const auto name = tree_.name(n);
            return name == "binom" || name == "gcd" || name == "lcm" || name == "sum" ||
                   name == "prod" || name == "mod" || name == "double factorial";
        });
    }

    Expression& tree_;
    Meter& meter_;
};

/// Exact values, where both have one. Different if one has and the other cannot have one.
inline std::optional<Judgement> ScalarEquality::constants(NodeIndex a, NodeIndex b) {
    ExactValue left(tree_, meter_), right(tree_, meter_);
    const auto x = left(a);
    const auto y = meter_.exhausted() ? std::nullopt : right(b);
    if (x && y) return *x == *y ? same_value() : other_value();
    if (left.undefined() || right.undefined())
        return Judgement{Verdict::unparsable, "an undefined value"};
    meter_.forgive();
    return std::nullopt;
}

/// Rational functions and huge whole numbers.
inline Judgement ScalarEquality::residues(NodeIndex a, NodeIndex b, bool variables) {
    int agreed = 0;
    for (std::uint64_t point = 0; agreed < (variables ? 4 : 2) && point < 8; ++point) {
        const Prime& prime = identity_primes[point % 2];
        ModularValue left(tree_, meter_, prime, point), right(tree_, meter_, prime, point);
        const auto x = left(a);
        const auto y = x || left.reason() == NoResidue::pole ? right(b) : std::nullopt;
        for (const NoResidue reason : {left.reason(), right.reason()}) {
            if (reason == NoResidue::too_large) return too_costly();
            if (reason == NoResidue::not_rational) return undecided();
        }
        if (!x || !y) continue;
        if (*x != *y) return other_value();
        ++agreed;
    }
    if (agreed == 0) return {Verdict::unparsable, "an undefined value"};
    return {Verdict::equal, "identical as rational functions"};
}

/// How many bits it takes to write a node's numbers out, powers multiplied out.
inline double ScalarEquality::weight(NodeIndex at) const {
    if (tree_.op(at) == Op::number)
        return static_cast<double>(bit_count(numerator_of(tree_.number(at))) +
                                   bit_count(denominator_of(tree_.number(at))));
    double total = 1;
    for (const NodeIndex c : tree_.children(at)) total += weight(c);
    if (tree_.op(at) == Op::power && tree_.op(tree_.child(at, 1)) == Op::number) {
        const Rational& n = tree_.number(tree_.child(at, 1));
        const double size = bit_count(n) > 60 ? 1e18 : std::fabs(n.convert_to<double>());
        total += weight(tree_.child(at)) * size;
    }
    return std::min(total, 1e30);
}

/// Whether x and y differ for certain, agree in `bits` bits of the larger, or neither.
inline ScalarEquality::Gap ScalarEquality::gap(ComplexArithmetic& math, const ComplexBall& x,
                                               const ComplexBall& y, long bits) {
    bool close = true;
    const long size = std::max({x.re.top(), x.im.top(), y.re.top(), y.im.top(), -bits});
    for (const Ball& d : {math.real.minus(x.re, y.re), math.real.minus(x.im, y.im)}) {
        if (!BallArithmetic::may_be_zero(d)) return Gap::some;
        close = close && (d.is_exact_zero() || BallArithmetic::bound(d) < size - bits);
    }
    return close ? Gap::none : Gap::unknown;
}

inline Judgement ScalarEquality::real_numbers(NodeIndex a, NodeIndex b) {
    const Judgement first = real_numbers(a, b, LogBase::ten);
    if (first.verdict == Verdict::equal || (!has_log(a) && !has_log(b))) return first;
    const Judgement second = real_numbers(a, b, LogBase::e);  // \log may be natural
    return second.verdict == Verdict::equal ? second : first;
}

inline Judgement ScalarEquality::real_numbers(NodeIndex a, NodeIndex b, LogBase base) {
    long precision = 128;
    for (int attempt = 0; attempt < 16; ++attempt) {
        NumericValue left(tree_, meter_, precision, {}, base),
            right(tree_, meter_, precision, {}, base);
        const auto x = left(a);
        const auto y = x ? right(b) : std::nullopt;
        if (meter_.exhausted()) return too_costly();
        if (!x || !y) {
            if (attempt > 1) return undecided();
            precision *= 4;
            continue;
        }
        const long bits = evidence(a, b, std::max(left.extent(), right.extent()));
        const Gap found = gap(left.math(), *x, *y, bits);
        if (found == Gap::none) return {Verdict::equal, "the same value to certified precision"};
        if (found == Gap::some) {
            const auto rounded = decimal(a, b);
            return rounded ? *rounded : other_value();
        }
        if (static_cast<std::size_t>(precision) >= meter_.budget().precision) break;
        // Most differences show early.
        precision = std::max(std::min(bits + 64, 4 * precision), precision + precision / 2);
        if (static_cast<std::size_t>(precision) > meter_.budget().precision + 64) break;
    }
    return {Verdict::budget, "values too close to tell apart"};
}

/// A decimal against an irrational number is right if it is that number rounded or cut to its own
/// digits, of which there must be four.
inline std::optional<Judgement> ScalarEquality::decimal(NodeIndex a, NodeIndex b) {
    const auto digits = [&](NodeIndex n) {
        const NodeIndex core = tree_.op(n) == Op::negate ? tree_.child(n) : n;
        return tree_.op(core) == Op::number ? int{tree_[core].decimals} : -1;
    };
    if (digits(a) < 0) std::swap(a, b);
    const int places = digits(a);
    if (places < 1 || places > 200 || digits(b) >= 0) return std::nullopt;
    const auto x = ExactValue(tree_, meter_).real(a);
    NumericValue numeric(tree_, meter_, 128 + 4 * places);
    const auto y = x ? numeric(b) : std::nullopt;
    if (!y || !y->is_real()) return std::nullopt;
    const Rational scale(pow(Integer(10), static_cast<unsigned>(places)));
    const Rational scaled = *x * scale;
    const Rational size = scaled < 0 ? Rational(-scaled) : scaled;
    if (size < 1000) return std::nullopt;
    // Rounded: |y - x| <= half a unit. Cut: 0 <= |y| - |x| < one unit.
    BallFunctions& real = numeric.math().real;
    const Ball rest = real.times(real.minus(y->re, real.from(*x)), real.from(scale));
    const Ball outward = *x < 0 ? BallArithmetic::negated(rest) : rest;
    const auto below = [&](const Ball& p, const Rational& q) {
        return BallArithmetic::sign(real.minus(real.from(q), p)).value_or(-1) > 0;
    };
    const bool rounded =
        below(rest, Rational(1, 2)) && below(BallArithmetic::negated(rest), Rational(1, 2));
    const bool cut = below(outward, Rational(1)) && BallArithmetic::sign(outward).value_or(-1) >= 0;
    if (!rounded && !cut) return std::nullopt;
    return Judgement{Verdict::equal, "a decimal that is right in all its digits"};
}

/// Functions of variables: at real points where both are real, or else where both are defined.
inline Judgement ScalarEquality::at_points(NodeIndex a, NodeIndex b) {
    Judgement found = at_points(a, b, LogBase::ten, true);
    if (found.verdict == Verdict::unparsable && !meter_.exhausted())
        found = at_points(a, b, LogBase::ten, false);
    if (found.verdict == Verdict::equal || (!has_log(a) && !has_log(b))) return found;
    const Judgement natural = at_points(a, b, LogBase::e, true);
    return natural.verdict == Verdict::equal ? natural : found;
}

inline Judgement ScalarEquality::at_points(NodeIndex a, NodeIndex b, LogBase base, bool only_real) {
    const bool integers = needs_integers(a) || needs_integers(b);
    constexpr Point::Kind kinds[]{Point::Kind::positive, Point::Kind::unit, Point::Kind::mixed};
    int agreed = 0;
    if (static_cast<std::size_t>(evidence(a, b, 24)) > meter_.budget().precision)
        return too_costly();
    for (std::uint64_t k = 0; k < 18 && agreed < (integers ? 6 : 4); ++k) {
        const Point point{integers ? Point::Kind::integers : kinds[k % 3], k, {}};
        if (only_real && k == 6 && agreed == 0) break;  // functions that are never real
        long precision = 128;                           // most differences show early
        for (int attempt = 0; attempt < 7; ++attempt) {
            NumericValue left(tree_, meter_, precision, point, base);
            NumericValue right(tree_, meter_, precision, point, base);
            const auto x = left(a);
            const bool complex = x && only_real && !x->is_real();
            const auto y = x && !complex ? right(b) : std::nullopt;
            if (meter_.exhausted()) return too_costly();
            if (complex || (y && only_real && !y->is_real()) || (!y && attempt > 0)) break;
            const long bits = evidence(a, b, std::max({24L, left.extent(), right.extent()}));
            const Gap found = y ? gap(left.math(), *x, *y, bits) : Gap::unknown;
            if (found == Gap::some) return other_value();
            agreed += found == Gap::none;
            if (found == Gap::none) break;
            precision = std::max(bits + 48, precision + precision / 2);
            if (static_cast<std::size_t>(precision) > meter_.budget().precision) break;
        }
    }
    if (agreed < 3) return undecided();
    return {Verdict::equal, "the same at every point tried"};
}

inline std::optional<int> ScalarEquality::compare(NodeIndex a, NodeIndex b) {
    const auto p = ExactValue(tree_, meter_).real(a), q = ExactValue(tree_, meter_).real(b);
    if (p && q) return *p < *q ? -1 : *p > *q ? 1 : 0;
    meter_.forgive();
    for (const long precision : {128L, 512L, 2048L}) {
        NumericValue left(tree_, meter_, precision), right(tree_, meter_, precision);
        const auto x = left(a), y = right(b);
        if (!x || !y || !x->is_real() || !y->is_real()) return std::nullopt;
        const auto s = BallArithmetic::sign(left.math().real.minus(x->re, y->re));
        if (s) return s;
        const long bits = evidence(a, b, std::max(left.extent(), right.extent()));
        if (gap(left.math(), *x, *y, bits) == Gap::none) return 0;
    }
    return std::nullopt;
}

}  // namespace gppo
