// SPDX-License-Identifier: Apache-2.0
//
// Two answers of any kind: which kinds may be equal to which, and what is then compared. Lists and
// sets match their parts in any order, tuples in order; an assignment is its value; a set of reals
// is the same however it is written; what is left are scalars.
#pragma once

#include <gppo/verify/answer_shape.hpp>
#include <gppo/verify/proportion.hpp>
#include <gppo/verify/real_set.hpp>
#include <gppo/verify/unit.hpp>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gppo {

/// Compares nodes of one tree. One object serves one comparison.
class AnswerComparison {
  public:
    AnswerComparison(Expression& tree, Meter& meter)
        : tree_(tree),
          meter_(meter),
          shape_(tree),
          scalars_(tree, meter),
          sets_(tree, meter, scalars_) {}

    Judgement judge(NodeIndex a, NodeIndex b) {
        if (tree_.same(a, b)) return {Verdict::equal, "the same notation"};
        if (meter_.exhausted() || ++comparisons_ > meter_.budget().comparisons ||
            tree_.overflowed())
            return {Verdict::budget, "too many parts to compare"};
        Judgement found = by_kind(a, b);
        if (meter_.exhausted() && found.verdict != Verdict::equal &&
            found.verdict != Verdict::different)
            found = {Verdict::budget, "deciding would cost more than is allowed"};
        return found;
    }

  private:
    using Nodes = std::vector<NodeIndex>;

    static Judgement equal_if(bool equal, std::string_view same, std::string_view other) {
        return equal ? Judgement{Verdict::equal, same} : Judgement{Verdict::different, other};
    }
    Judgement by_kind(NodeIndex a, NodeIndex b);
    Judgement relations(NodeIndex a, NodeIndex b);
    Judgement equations(NodeIndex a, NodeIndex b);
    NodeIndex without_fractions(NodeIndex at);
    std::pair<Nodes, std::string> rising(NodeIndex at) const;
    Judgement relation_and_value(NodeIndex relation, NodeIndex value);
    std::optional<Judgement> inequalities(NodeIndex a, NodeIndex b);
    std::optional<Judgement> real_sets(NodeIndex a, NodeIndex b);
    Judgement lists(NodeIndex a, NodeIndex b);
    Judgement matched(const Nodes& a, const Nodes& b, bool repeated);
    Judgement pairwise(const Nodes& a, const Nodes& b);
    Judgement matrices(NodeIndex a, NodeIndex b);
    Judgement ratios(NodeIndex a, NodeIndex b);
    Judgement quantities(NodeIndex a, NodeIndex b);
    Judgement texts(NodeIndex a, NodeIndex b);
    Judgement congruences(NodeIndex a, NodeIndex b);
    bool is_congruence(NodeIndex at) const {
        return is(at, Op::call) && tree_.name(at) == "residue";
    }

    bool is(NodeIndex at, Op op) const { return tree_.op(at) == op; }
    bool is_collection(NodeIndex at) const {
        return is(at, Op::list) || is(at, Op::set) || is(at, Op::tuple);
    }
    /// The empty set, in signs or words.
    bool is_nothing(NodeIndex at) const {
        if (is(at, Op::set)) return tree_[at].count == 0;
        constexpr std::array<std::string_view, 7> names{"no solution ",
                                                        "no solutions ",
                                                        "no real solution ",
                                                        "no real solutions ",
                                                        "empty set ",
                                                        "the empty set ",
                                                        "none "};
        return is(at, Op::text) &&
               std::find(names.begin(), names.end(), tree_.name(at)) != names.end();
    }
    bool is_inequality(NodeIndex at) const {
        if (is(at, Op::relation))
            return tree_.name(at).find_first_of("<>lg!") != std::string_view::npos;
        if (!is(at, Op::list)) return false;
        for (const NodeIndex c : tree_.children(at))
            if (is(c, Op::relation) && is_inequality(c)) return true;
        return false;
    }
    bool is_set_like(NodeIndex at) const {
        return is(at, Op::join) || is(at, Op::meet) || is(at, Op::minus) || is_inequality(at) ||
               (is(at, Op::tuple) && tree_[at].count == 2 && tree_.name(at) != "()") ||
               (is(at, Op::tuple) && tree_.has(at, Op::infinity)) ||
               (is(at, Op::relation) && tree_.name(at) == "e");
    }

    Expression& tree_;
    Meter& meter_;
    AnswerShape shape_;
    ScalarEquality scalars_;
    RealSets sets_;
    int comparisons_ = 0;
};

inline Judgement AnswerComparison::by_kind(NodeIndex a, NodeIndex b) {
    if (is_nothing(a) && is_nothing(b)) return {Verdict::equal, "nothing in both"};
    if (is_set_like(a) || is_set_like(b))
        if (const auto known = real_sets(a, b)) return *known;
    if (is(a, Op::relation) && is(b, Op::relation) && !shape_.has_signs(a) && !shape_.has_signs(b))
        return relations(a, b);
    const bool collections = is_collection(a) || is_collection(b);
    if (!collections && is(a, Op::relation) && !shape_.has_signs(a))
        return relation_and_value(a, b);
    if (!collections && is(b, Op::relation) && !shape_.has_signs(b))
        return relation_and_value(b, a);
    if (tree_.has(a, Op::matrix) || tree_.has(b, Op::matrix)) return matrices(a, b);
    // x = (1, 2), and lists with something assigned as a whole.
    for (const auto& [one, other] : {std::pair{a, b}, std::pair{b, a}}) {
        const auto assigned = shape_.assignment(one);
        if (assigned && is_collection(assigned->value))
            return one == a ? judge(assigned->value, b) : judge(a, assigned->value);
    }
    if (collections || shape_.has_signs(a) || shape_.has_signs(b)) return lists(a, b);
    if (is(a, Op::ratio) || is(b, Op::ratio)) return ratios(a, b);
    if (is(a, Op::text) || is(b, Op::text)) return texts(a, b);
    if (is_congruence(a) || is_congruence(b)) return congruences(a, b);
    return quantities(a, b);
}

/// Words are equal as words. A short word may also be a product of variables.
inline Judgement AnswerComparison::texts(NodeIndex a, NodeIndex b) {
    constexpr std::array<std::string_view, 21> numbers{
        "zero ",     "one ",     "two ",     "three ",     "four ",     "five ",     "six ",
        "seven ",    "eight ",   "nine ",    "ten ",       "eleven ",   "twelve ",   "thirteen ",
        "fourteen ", "fifteen ", "sixteen ", "seventeen ", "eighteen ", "nineteen ", "twenty "};
    if (is(a, Op::text) && is(b, Op::text)) {
        if (tree_.name(a) == tree_.name(b)) return {Verdict::equal, "the same words"};
        const auto product = [&](NodeIndex n) {  // of variables in lower case
            return tree_[n].count == 1 && !tree_.any(n, [&](NodeIndex c) {
                return tree_.op(c) == Op::variable && tree_.name(c)[0] < 'a';
            });
        };
        if (product(a) && product(b)) return scalars_.judge(tree_.child(a), tree_.child(b));
        return {Verdict::different, "other words"};
    }
    if (is(b, Op::text)) std::swap(a, b);
    if (is(b, Op::variable))  // all real numbers and R
        if (const auto known = real_sets(a, b)) return *known;
    for (std::size_t n = 0; n < numbers.size(); ++n)
        if (tree_.name(a) == numbers[n]) return judge(tree_.add_number(static_cast<long>(n)), b);
    if (tree_[a].count == 1) return judge(tree_.child(a), b);
    return {Verdict::different, "words and a formula"};
}

/// Numbers with percent, degrees and units.
inline Judgement AnswerComparison::quantities(NodeIndex a, NodeIndex b) {
    const auto x = shape_.quantity(a), y = shape_.quantity(b);
    if (!tree_.is_scalar(x.value) || !tree_.is_scalar(y.value)) {
        if ((x.value == a && y.value == b) || is(x.value, Op::quantity) ||
            is(y.value, Op::quantity))
            return {Verdict::different, "other kinds of answer"};
        return judge(x.value, y.value);
    }
    NodeIndex left = x.value, right = y.value;
    const std::string_view u = x.degrees ? "degree" : x.unit, v = y.degrees ? "degree" : y.unit;
    const UnitMatch units = match_units(u, v);
    if (units == UnitMatch::different) return {Verdict::different, "other units"};
    if (units == UnitMatch::convertible) {
        const auto p = unit_value(u), q = unit_value(v);
        const Rational factor(Integer(p->numerator) * q->denominator,
                              Integer(p->denominator) * q->numerator);
        left = tree_.add(Op::multiply, {left, tree_.add_number(factor)});
    }
    Judgement found = scalars_.judge(left, right);
    if (found.verdict != Verdict::equal && x.percent != y.percent) {
        // 50% is 0.5; and where the question asked for percent, it is also the plain 50.
        NodeIndex& percent = x.percent ? left : right;
        percent = tree_.add(Op::percent, {percent});
        found = scalars_.judge(left, right);
    } else if (found.verdict != Verdict::equal && x.degrees != y.degrees &&
               u.empty() != v.empty()) {
        NodeIndex& angle = x.degrees ? left : right;  // 30° is π/6, and the plain 30
        angle = tree_.add(Op::degrees, {angle});
        found = scalars_.judge(left, right);
    }
    if (found.verdict == Verdict::equal && units == UnitMatch::unknown)
        return {Verdict::unparsable, "units that may or may not agree"};
    return found;
}

/// a : b up to a common factor; times of day exactly.
inline Judgement AnswerComparison::ratios(NodeIndex a, NodeIndex b) {
    if (!is(a, Op::ratio)) std::swap(a, b);
    if (!is(b, Op::ratio)) {
        if (tree_[a].count != 2 || !tree_.is_scalar(b))
            return {Verdict::different, "a ratio and something else"};
        return scalars_.judge(
            tree_.add(Op::multiply, {tree_.child(a), tree_.add(Op::inverse, {tree_.child(a, 1)})}),
            b);
    }
    if (tree_[a].count != tree_[b].count) return {Verdict::different, "another number of parts"};
    bool time = !tree_.name(a).empty() || !tree_.name(b).empty();
    const auto hour = [&](NodeIndex n) {  // on the clock of 24 hours
        const NodeIndex h = tree_.child(n);
        const bool noon = tree_.is_number(h, 12);
        if (tree_.name(n) == "p" && !noon) return tree_.add(Op::add, {h, tree_.add_number(12)});
        return tree_.name(n) == "a" && noon ? tree_.add_number(0) : h;
    };
    for (const NodeIndex n : {a, b})
        for (const NodeIndex c : tree_.children(n)) time = time || tree_.is_number(c, 0);
    Judgement result{Verdict::equal, time ? "the same time" : "the same ratio"};
    for (std::size_t i = 0; i < tree_[a].count; ++i) {
        NodeIndex x = tree_.child(a, i), y = tree_.child(b, i);
        if (time && i == 0 && !tree_.name(a).empty() && !tree_.name(b).empty())
            x = hour(a), y = hour(b);
        if (time && i == 0 && tree_.name(a).empty() != tree_.name(b).empty()) {
            if (scalars_.judge(x, y).verdict == Verdict::equal) continue;
            x = hour(a), y = hour(b);
        }
        if (!time) {
            x = tree_.add(Op::multiply, {x, tree_.child(b, 0)});
            y = tree_.add(Op::multiply, {y, tree_.child(a, 0)});
        }
        const Judgement part = scalars_.judge(x, y);
        if (part.verdict == Verdict::different) return {Verdict::different, "another ratio"};
        if (part.verdict != Verdict::equal) result = part;
    }
    return result;
}

}  // namespace gppo

#include <gppo/verify/collection_comparison.hpp>
#include <gppo/verify/relation_comparison.hpp>
