// SPDX-License-Identifier: Apache-2.0
//
// The part of AnswerComparison for answers of several parts: lists and sets in any order, tuples in
// order, matrices and vectors entry by entry.
#pragma once

#include <gppo/verify/answer_comparison.hpp>

#include <cstddef>
#include <string_view>
#include <vector>

namespace gppo {

inline Judgement AnswerComparison::lists(NodeIndex a, NodeIndex b) {
    const auto ordered = [&](NodeIndex n) { return is(n, Op::tuple); };
    const Nodes x = shape_.parts(a), y = shape_.parts(b);
    // In a set, and in a list of tuples, a part given twice is one part; 1, 1, 2 is not 1, 2, 2.
    bool once = is(a, Op::set) || is(b, Op::set);
    for (const NodeIndex part : x) once = once || is(part, Op::tuple);
    if ((is(a, Op::set) && ordered(b)) || (is(b, Op::set) && ordered(a)))
        if (x.size() > 1 && y.size() > 1) return {Verdict::different, "a set and a tuple"};
    // A tuple is one value: (1, 2) against (1, 2), (3, 4) lacks a part.
    if (ordered(a) != ordered(b) && (is(a, Op::list) || is(b, Op::list))) {
        const Nodes& list = ordered(a) ? y : x;
        for (const NodeIndex part : list)
            if (is_collection(part) || is(part, Op::matrix))
                return ordered(a) ? matched({a}, y, false) : matched(x, {b}, false);
    }
    if (!is_collection(a) && !is_collection(b) && x.size() == 1 && y.size() == 1)
        return quantities(a, b);
    if (ordered(a) && ordered(b)) {
        const std::string_view p = tree_.name(a), q = tree_.name(b);
        if (p != q) return {Verdict::different, "other brackets"};
        return pairwise(x, y);
    }
    if ((ordered(a) && x.size() != 1 && y.size() == 1) ||
        (ordered(b) && y.size() != 1 && x.size() == 1))
        return {Verdict::different, "another number of parts"};
    if (ordered(a) || ordered(b)) {
        // 1, 2 may be (1, 2), but never (1, 2], nor [1, 2], which is all that lies between.
        const std::string_view brackets = tree_.name(ordered(a) ? a : b);
        const bool list = brackets == "()" || (brackets == "[]" && x.size() != 2);
        return list ? pairwise(x, y) : Judgement{Verdict::different, "an interval and a list"};
    }
    return matched(x, y, once);
}

inline Judgement AnswerComparison::pairwise(const Nodes& a, const Nodes& b) {
    if (a.size() != b.size()) return {Verdict::different, "another number of parts"};
    Judgement result{Verdict::equal, "equal part by part"};
    for (std::size_t i = 0; i < a.size(); ++i) {
        const Judgement part = judge(a[i], b[i]);
        if (part.verdict == Verdict::different) return {Verdict::different, "a part differs"};
        if (part.verdict != Verdict::equal) result = part;
    }
    return result;
}

/// Each part of `a` takes a free equal part of `b`. In sets a part may be given more than once.
inline Judgement AnswerComparison::matched(const Nodes& a, const Nodes& b, bool repeated) {
    if (!repeated && a.size() != b.size()) return {Verdict::different, "another number of parts"};
    std::vector<bool> taken(b.size(), false);
    Judgement result{Verdict::equal, "the same parts"};
    for (const NodeIndex part : a) {
        Judgement best{Verdict::different, "a part is missing"};
        for (std::size_t j = 0; j < b.size() && best.verdict != Verdict::equal; ++j) {
            if (taken[j] && !repeated) continue;
            const Judgement tried = judge(part, b[j]);
            if (tried.verdict == Verdict::budget) return tried;
            if (tried.verdict == Verdict::equal) taken[j] = true;
            if (tried.verdict != Verdict::different) best = tried;
        }
        if (best.verdict == Verdict::different) return best;
        if (best.verdict != Verdict::equal) result = best;
    }
    if (result.verdict != Verdict::equal || !repeated) return result;
    for (std::size_t j = 0; j < b.size(); ++j) {
        bool found = taken[j];
        for (std::size_t i = 0; i < a.size() && !found; ++i)
            found = judge(a[i], b[j]).verdict == Verdict::equal;
        if (!found) return {Verdict::different, "a part is missing"};
    }
    return result;
}

/// Matrices of one size entry by entry; a row or column is also the tuple of its entries.
inline Judgement AnswerComparison::matrices(NodeIndex a, NodeIndex b) {
    const auto x = is(a, Op::tuple) ? a : shape_.matrix(a);
    const auto y = is(b, Op::tuple) ? b : shape_.matrix(b);
    if (!x || !y) return {Verdict::unparsable, "matrices that do not fit together"};
    const auto assigned_x = shape_.assignment(a), assigned_y = shape_.assignment(b);
    if (assigned_x || assigned_y)
        return judge(assigned_x ? assigned_x->value : a, assigned_y ? assigned_y->value : b);
    if (is_collection(*x) != is_collection(*y)) {
        const NodeIndex collection = is_collection(*x) ? *x : *y,
                        other = is_collection(*x) ? *y : *x;
        const bool line = is(other, Op::matrix) &&
                          (tree_[other].value == 1 || tree_[other].value == tree_[other].count);
        if (!line || !is(collection, Op::tuple)) return lists(a, b);
    } else if (is_collection(*x)) {
        return lists(*x, *y);
    } else if (!is(*x, Op::matrix) || !is(*y, Op::matrix)) {
        return {Verdict::different, "a matrix and something else"};
    } else if (tree_[*x].value != tree_[*y].value) {
        return {Verdict::different, "matrices of other sizes"};
    }
    const auto p = tree_.children(*x), q = tree_.children(*y);
    return pairwise(Nodes(p.begin(), p.end()), Nodes(q.begin(), q.end()));
}

}  // namespace gppo
