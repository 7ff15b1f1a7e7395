// SPDX-License-Identifier: Apache-2.0
//
// Do two equations say the same? a = 0 and b = 0 do if a is a constant times b: the quotient of the
// two sides' differences has one value at every point. For inequalities the constant is positive.
#pragma once

#include <gppo/verify/scalar_equality.hpp>

#include <cstdint>
#include <optional>

namespace gppo {

/// Compares expressions of one tree up to a constant factor.
class Proportion {
  public:
    Proportion(Expression& tree, Meter& meter) : tree_(tree), meter_(meter) {}

    /// Whether a = c b with a constant c that is not zero, or with c > 0 if `positive`.
    Verdict judge(NodeIndex a, NodeIndex b, bool positive) {
        const NodeIndex quotient = tree_.add(Op::multiply, {a, tree_.add(Op::inverse, {b})});
        Verdict found = residues(quotient);
        if (found == Verdict::unparsable && !meter_.exhausted()) found = numbers(quotient);
        if (meter_.exhausted()) return Verdict::budget;
        if (found == Verdict::equal && positive && sign(quotient) != 1) return Verdict::different;
        return found;
    }
    /// Whether a and b are the same but for one sign.
    bool opposite(NodeIndex a, NodeIndex b) {
        const NodeIndex quotient = tree_.add(Op::multiply, {a, tree_.add(Op::inverse, {b})});
        return sign(quotient) == -1;
    }

  private:
    Verdict residues(NodeIndex quotient) {
        std::optional<std::uint64_t> first[2];
        int agreed = 0;
        for (std::uint64_t k = 0; k < 8; ++k) {
            ModularValue value(tree_, meter_, identity_primes[k % 2], k);
            const auto x = value(quotient);
            if (!x && value.reason() == NoResidue::pole) continue;
            if (!x) return Verdict::unparsable;
            if (*x == 0) return Verdict::different;
            if (first[k % 2] && *first[k % 2] != *x) return Verdict::different;
            agreed += first[k % 2].has_value();
            first[k % 2] = x;
        }
        return agreed >= 2 ? Verdict::equal : Verdict::unparsable;
    }
    Verdict numbers(NodeIndex quotient) {
        constexpr Point::Kind kinds[]{Point::Kind::positive, Point::Kind::unit, Point::Kind::mixed};
        std::optional<ComplexBall> first;
        int agreed = 0;
        for (std::uint64_t k = 0; k < 15 && agreed < 4; ++k) {
            NumericValue value(tree_, meter_, 256, Point{kinds[k % 3], k, {}});
            const auto x = value(quotient);
            if (meter_.exhausted()) return Verdict::budget;
            if (!x || !x->is_real()) continue;
            if (first) {
                const Ball d = value.math().real.minus(x->re, first->re);
                if (!BallArithmetic::may_be_zero(d)) return Verdict::different;
                agreed += BallArithmetic::bound(d) < x->re.top() - 150;
            }
            first = x;
        }
        return agreed >= 3 ? Verdict::equal : Verdict::unparsable;
    }
    /// The sign of a constant quotient, from one point.
    int sign(NodeIndex quotient) {
        for (std::uint64_t k = 0; k < 6; ++k) {
            NumericValue value(tree_, meter_, 192, Point{Point::Kind::positive, k, {}});
            const auto x = value(quotient);
            if (x && x->is_real())
                if (const auto s = BallArithmetic::sign(x->re)) return *s;
        }
        return 0;
    }

    Expression& tree_;
    Meter& meter_;
};

}  // namespace gppo
