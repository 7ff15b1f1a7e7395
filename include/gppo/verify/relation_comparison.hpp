// SPDX-License-Identifier: Apache-2.0
//
// The part of AnswerComparison for equations, assignments, inequalities and the sets of reals that
// they are another way to write.
#pragma once

#include <gppo/verify/answer_comparison.hpp>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gppo {

/// Both as sets of real numbers, if both can be; nothing if another comparison has to decide.
inline std::optional<Judgement> AnswerComparison::real_sets(NodeIndex a, NodeIndex b) {
    if (tree_.has(a, Op::matrix) || tree_.has(b, Op::matrix)) return std::nullopt;
    const auto in_set = [&](NodeIndex n) {  // x = (1, 2), A = [0, 1]
        const auto assigned = shape_.assignment(n);
        return assigned && !tree_.is_scalar(assigned->value) ? assigned->value : n;
    };
    const NodeIndex left = in_set(a), right = in_set(b);
    const auto x = sets_.read(left), y = sets_.read(right);
    if (x && y) {
        if (const auto same = sets_.equal(*x, *y))
            return equal_if(*same, "the same set of numbers", "another set of numbers");
        return std::nullopt;
    }
    if (is_inequality(left) && is_inequality(right)) return inequalities(left, right);
    const bool one = x || y;
    if (one && (left != a || right != b)) return judge(left, right);
    return std::nullopt;
}

/// c > b >= a as a <= b < c: its sides and signs.
inline std::pair<std::vector<NodeIndex>, std::string> AnswerComparison::rising(NodeIndex at) const {
    const auto sides = tree_.children(at);
    Nodes nodes(sides.begin(), sides.end());
    std::string signs(tree_.name(at));
    if (signs.find_first_not_of(">g") == signs.npos) {
        std::reverse(nodes.begin(), nodes.end());
        std::reverse(signs.begin(), signs.end());
        for (char& sign : signs) sign = sign == '>' ? '<' : 'l';
    }
    return {std::move(nodes), std::move(signs)};
}

/// Inequalities in several unknowns: the difference of the sides up to a positive factor.
inline std::optional<Judgement> AnswerComparison::inequalities(NodeIndex a, NodeIndex b) {
    if (!is(a, Op::relation) || !is(b, Op::relation)) return std::nullopt;
    const auto smaller = [&](NodeIndex n) -> std::optional<std::pair<NodeIndex, bool>> {
        const std::string_view signs = tree_.name(n);
        if (signs.size() != 1 || signs == "!" || !tree_.is_scalar(tree_.child(n)) ||
            !tree_.is_scalar(tree_.child(n, 1)))
            return std::nullopt;
        const bool less = signs == "<" || signs == "l";
        const NodeIndex p = tree_.child(n, less ? 0 : 1), q = tree_.child(n, less ? 1 : 0);
        return std::pair{tree_.difference(p, q), signs == "<" || signs == ">"};
    };
    const auto x = smaller(a), y = smaller(b);
    if (!x || !y) {
        auto [p, left] = rising(a);
        auto [q, right] = rising(b);
        if (left != right) return Judgement{Verdict::different, "other signs"};
        return pairwise(p, q);
    }
    if (x->second != y->second) return Judgement{Verdict::different, "strict and not strict"};
    const Verdict found = Proportion(tree_, meter_).judge(x->first, y->first, true);
    return Judgement{found, found == Verdict::equal ? "the same inequality" : "another inequality"};
}

/// Two relations that are no sets of reals.
inline Judgement AnswerComparison::relations(NodeIndex a, NodeIndex b) {
    const bool inequality = is_inequality(a), other = is_inequality(b);
    if (inequality != other) return {Verdict::different, "an equation and an inequality"};
    if (inequality) return {Verdict::unparsable, "inequalities that cannot be compared"};
    const auto x = shape_.assignment(a), y = shape_.assignment(b);
    const Judgement as_equations = equations(a, b);
    if (as_equations.verdict == Verdict::equal || !x || !y) return as_equations;
    const Judgement values = judge(x->value, y->value);
    if (values.verdict != Verdict::equal || shape_.same_name(x->name, y->name)) return values;
    return {Verdict::different, "values of different names"};
}

/// The node times every denominator with variables in it.
inline NodeIndex AnswerComparison::without_fractions(NodeIndex at) {
    Nodes factors{at};
    tree_.any(at, [&](NodeIndex n) {
        if (is(n, Op::inverse) && factors.size() < 16 && scalars_.has_variables(n)) {
            bool known = false;
            for (const NodeIndex f : factors) known = known || tree_.same(f, tree_.child(n));
            if (!known) factors.push_back(tree_.child(n));
        }
        return false;
    });
    return factors.size() == 1 ? at : tree_.add(Op::multiply, factors);
}

/// Single equations, moved to one side and compared up to a factor.
inline Judgement AnswerComparison::equations(NodeIndex a, NodeIndex b) {
    constexpr Judgement unknown{Verdict::unparsable, "equations that cannot be compared"};
    for (const NodeIndex n : {a, b}) {
        if (tree_.name(n) != "=" || !tree_.is_scalar(tree_.child(n)) ||
            !tree_.is_scalar(tree_.child(n, 1)))
            if (!(is(tree_.child(n), Op::text) && tree_[tree_.child(n)].count == 1)) return unknown;
        if (tree_.name(n) != "=") return unknown;
    }
    const NodeIndex x = tree_.difference(tree_.child(a), tree_.child(a, 1));
    const NodeIndex y = tree_.difference(tree_.child(b), tree_.child(b, 1));
    Verdict found = Proportion(tree_, meter_).judge(x, y, false);
    if (found == Verdict::different)  // xy = 1 and y = 1/x
        if (const NodeIndex p = without_fractions(x), q = without_fractions(y); p != x || q != y)
            found = Proportion(tree_, meter_).judge(p, q, false);
    if (found == Verdict::equal) return {found, "the same equation"};
    if (found == Verdict::different) return {found, "another equation"};
    return unknown;
}

/// 3 mod 7 is 10 mod 7; where only one side names a modulus, the number alone is compared.
inline Judgement AnswerComparison::congruences(NodeIndex a, NodeIndex b) {
    if (!is_congruence(a)) return judge(a, tree_.child(b));
    if (!is_congruence(b)) return judge(tree_.child(a), b);
    const Judgement modulus = scalars_.judge(tree_.child(a, 1), tree_.child(b, 1));
    if (modulus.verdict != Verdict::equal) return modulus;
    const NodeIndex d = tree_.difference(tree_.child(a), tree_.child(b));
    const NodeIndex rest = tree_.add_named(Op::call, "mod", {d, tree_.child(a, 1)});
    return scalars_.judge(rest, tree_.add_number(0));
}

/// x = 5 is 5; an equation is no value; 48/2 = 24 is 24 if that is so.
inline Judgement AnswerComparison::relation_and_value(NodeIndex relation, NodeIndex value) {
    if (const auto assigned = shape_.assignment(relation)) return judge(value, assigned->value);
    const std::string_view signs = tree_.name(relation);
    if (signs.find_first_not_of("=~") != signs.npos)
        return {Verdict::different, "a condition and a value"};
    const NodeIndex last = tree_.child(relation, tree_[relation].count - 1);
    for (std::size_t i = 0; i + 1 < tree_[relation].count; ++i) {
        if (signs[i] == '~') {  // 1/3 ≈ 0.33 is 1/3
            const NodeIndex exact = tree_.child(relation, i);
            return i == 0 ? judge(value, exact) : Judgement{Verdict::unparsable, "a chain"};
        }
        const NodeIndex side = tree_.child(relation, i);
        if (scalars_.has_variables(side) || judge(side, last).verdict != Verdict::equal)
            return {Verdict::different, "an equation and a value"};
    }
    return judge(value, last);
}

}  // namespace gppo
