// SPDX-License-Identifier: Apache-2.0
//
// The part of RealSets that solves inequalities in one unknown: chains, absolute values, linear
// forms with rational coefficients, several joined by "and", "or" or commas.
#pragma once

#include <gppo/verify/real_set.hpp>

#include <optional>
#include <string_view>
#include <utility>

namespace gppo {

/// Several conditions on one unknown. Commas mean "or", unless that would allow every number:
/// x > 2, x < 5 is 2 < x < 5.
inline std::optional<RealSet> RealSets::conditions(NodeIndex at) {
    const auto joined = [&](bool all) {
        Maybe total;
        for (std::size_t i = 0; i < tree_[at].count; ++i) {  // the arena grows meanwhile
            const NodeIndex c = tree_.child(at, i);
            if (tree_.op(c) != Op::relation) return Maybe();
            Maybe next = relation(c);
            if (!next || (total && total->unknown != next->unknown)) return Maybe();
            total = !total ? next
                    : all  ? meet(std::move(*total), std::move(*next))
                           : merged(std::move(*total), *next);
            if (!total) return total;
        }
        return total;
    };
    const std::string_view joint = tree_.name(at);
    if (joint != ",") return joined(joint == "and");
    Maybe any = joined(false);
    if (!any || !normalise(any->pieces) || any->pieces.size() != 1) return any;
    const Piece& piece = any->pieces[0];
    return piece.low.infinite < 0 && piece.high.infinite > 0 ? joined(true) : any;
}

/// a < x <= b, x >= a, x != a, x in S. The unknown stands alone or is found from a linear form.
inline std::optional<RealSet> RealSets::relation(NodeIndex at) {
    const std::string_view signs = tree_.name(at);
    if (signs == "e") {
        auto set = convert(tree_.child(at, 1));
        if (set) set->unknown = tree_[tree_.child(at)].hash;
        return set;
    }
    std::optional<RealSet> total;
    for (std::size_t i = 0; i < signs.size(); ++i) {
        NodeIndex left = tree_.child(at, i), right = tree_.child(at, i + 1);
        char sign = signs[i];
        if (sign == 'e' || sign == '~') return std::nullopt;
        if (!tree_.is_scalar(left) || !tree_.is_scalar(right)) return std::nullopt;
        if (!scalars_.has_variables(left)) {
            std::swap(left, right);
            sign = turned(sign);
        }
        if (!scalars_.has_variables(left) || scalars_.has_variables(right)) return std::nullopt;
        auto next = half_line(left, sign, right);
        if (!next || (total && total->unknown != next->unknown)) return std::nullopt;
        total = total ? meet(std::move(*total), std::move(*next)) : next;
        if (!total) return total;
    }
    return total;
}

/// subject sign value, for a name, an absolute value or a linear form as subject.
inline std::optional<RealSet> RealSets::half_line(NodeIndex subject, char sign, NodeIndex value) {
    const Op op = tree_.op(subject);
    const bool call = op == Op::call;
    if (op == Op::variable || (call && tree_.name(subject).starts_with("opaque"))) {
        const Bound open = bound(value, false), shut = bound(value, true);
        const Bound least{0, -1, false}, most{0, 1, false};
        RealSet set{{}, tree_[subject].hash};
        if (sign == '<' || sign == 'l') set.pieces = {{least, sign == 'l' ? shut : open}};
        if (sign == '>' || sign == 'g') set.pieces = {{sign == 'g' ? shut : open, most}};
        if (sign == '!') set.pieces = {{least, open}, {open, most}};
        if (sign == '=') set.pieces = {{shut, shut}};
        return set;
    }
    if (call && tree_.name(subject) == "abs") {
        const NodeIndex inner = tree_.child(subject), minus = tree_.negated(value);
        auto above = half_line(inner, sign, value);
        const char other = turned(sign);
        auto below = above ? half_line(inner, other, minus) : std::nullopt;
        if (!above || !below) return std::nullopt;
        if (sign == '>' || sign == 'g' || sign == '=') return merged(std::move(*above), *below);
        return meet(std::move(*above), std::move(*below));
    }
    return solved(subject, sign, value);
}

/// a x + b sign value with rational a and b.
inline std::optional<RealSet> RealSets::solved(NodeIndex subject, char sign, NodeIndex value) {
    NodeIndex unknown = 0;
    std::uint64_t hash = 0;
    const bool other = tree_.any(subject, [&](NodeIndex n) {
        if (tree_.op(n) != Op::variable) return false;
        if (hash == 0) hash = tree_[n].hash, unknown = n;
        return tree_[n].hash != hash;
    });
    if (other || hash == 0) return std::nullopt;
    const auto at = [&](const Rational& x) {
        Point point;
        point.bound.emplace_back(hash, x);
        return ExactValue(tree_, meter_, point).real(subject);
    };
    const auto f0 = at(0), f1 = at(1);
    if (!f0 || !f1 || *f0 == *f1) return std::nullopt;
    const Rational slope = *f1 - *f0;
    for (const Rational& x : {Rational(2), Rational(-5, 7), Rational(97, 3), Rational(-1013)}) {
        const auto fx = at(x);
        if (!fx || *fx != *f0 + slope * x) return std::nullopt;
    }
    const NodeIndex rest = tree_.add(Op::add, {value, tree_.add_number(-*f0)});
    const NodeIndex solution = tree_.add(Op::multiply, {rest, tree_.add_number(1 / slope)});
    if (slope < 0) sign = turned(sign);
    return half_line(unknown, sign, solution);
}

}  // namespace gppo
