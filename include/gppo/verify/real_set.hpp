// SPDX-License-Identifier: Apache-2.0
//
// Sets of real numbers as answers give them: intervals with open and closed ends, unions,
// differences, {x : …}, and inequalities in one unknown. All become sorted pieces that do not
// touch, so x < 2 or x > 3, (-∞, 2) ∪ (3, ∞) and R \ [2, 3] are the same.
#pragma once

#include <gppo/verify/scalar_equality.hpp>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace gppo {

/// An end of an interval: a value, or an infinity, which is never closed.
struct Bound {
    NodeIndex value = 0;
    int infinite = 0;  ///< -1, 0 or +1
    bool closed = false;
};
/// The reals between two ends.
struct Piece {
    Bound low, high;
};
/// Pieces, and the unknown that an inequality was about (0 for an interval).
struct RealSet {
    std::vector<Piece> pieces;
    std::uint64_t unknown = 0;
};

/// Reads and compares the real sets of one tree.
class RealSets {
  public:
    RealSets(Expression& tree, Meter& meter, ScalarEquality& scalars)
        : tree_(tree), meter_(meter), scalars_(scalars) {}

    /// The set that a node stands for, or nothing if it is none or cannot be put in order.
    std::optional<RealSet> read(NodeIndex at) {
        auto set = convert(at);
        if (set && !normalise(set->pieces)) return std::nullopt;
        return set;
    }
    std::optional<bool> equal(const RealSet& a, const RealSet& b) {
        if (a.unknown != 0 && b.unknown != 0 && a.unknown != b.unknown) return false;
        if (a.pieces.size() != b.pieces.size()) return false;
        for (std::size_t i = 0; i < a.pieces.size(); ++i)
            for (const auto end : {&Piece::low, &Piece::high}) {
                const Bound &x = a.pieces[i].*end, &y = b.pieces[i].*end;
                const auto order = compare(x, y);
                if (!order) return std::nullopt;
                if (*order != 0 || x.closed != y.closed) return false;
            }
        return true;
    }

  private:
    using Maybe = std::optional<RealSet>;

    Maybe convert(NodeIndex at);
    Maybe interval(NodeIndex at);
    Maybe relation(NodeIndex at);
    Maybe half_line(NodeIndex subject, char sign, NodeIndex value);
    Maybe solved(NodeIndex subject, char sign, NodeIndex value);
    Bound bound(NodeIndex at, bool closed) const {
        const bool negative = tree_.op(at) == Op::negate;
        const NodeIndex core = negative ? tree_.child(at) : at;
        if (tree_.op(core) == Op::infinity) return {0, negative ? -1 : 1, false};
        return {at, 0, closed};
    }
    static Piece everything() { return {{0, -1, false}, {0, 1, false}}; }
    static RealSet merged(RealSet a, const RealSet& b) {
        a.pieces.insert(a.pieces.end(), b.pieces.begin(), b.pieces.end());
        if (a.unknown == 0) a.unknown = b.unknown;
        return a;
    }
    std::optional<int> compare(const Bound& a, const Bound& b) {
        if (a.infinite != 0 || b.infinite != 0)
            return a.infinite < b.infinite ? -1 : a.infinite > b.infinite ? 1 : 0;
        if (a.value == b.value || tree_.same(a.value, b.value)) return 0;
        return scalars_.compare(a.value, b.value);
    }
    bool normalise(std::vector<Piece>& pieces);
    std::optional<RealSet> complement(RealSet set);
    Maybe meet(RealSet a, RealSet b) {
        auto x = complement(std::move(a)), y = complement(std::move(b));
        return x && y ? complement(merged(std::move(*x), *y)) : std::nullopt;
    }

    Expression& tree_;
    Meter& meter_;
    ScalarEquality& scalars_;
};

inline std::optional<RealSet> RealSets::convert(NodeIndex at) {
    switch (tree_.op(at)) {
        case Op::tuple:
            return interval(at);
        case Op::set: {
            RealSet set;
            for (const NodeIndex c : tree_.children(at)) {
                if (!tree_.is_scalar(c)) return std::nullopt;
                set.pieces.push_back({bound(c, true), bound(c, true)});
            }
            return set;
        }
        case Op::variable:
            if (tree_.name(at) == "R") return RealSet{{everything()}, 0};
            return std::nullopt;
        case Op::text:
            if (tree_.name(at) == "all real numbers " || tree_.name(at) == "real numbers " ||
                tree_.name(at) == "all reals " || tree_.name(at) == "all real number ")
                return RealSet{{everything()}, 0};
            return std::nullopt;
        case Op::join:
        case Op::meet:
        case Op::minus: {
            auto a = convert(tree_.child(at));
            auto b = a ? convert(tree_.child(at, 1)) : std::nullopt;
            if (!a || !b) return std::nullopt;
            if (tree_.op(at) == Op::join) return merged(std::move(*a), *b);
            if (tree_.op(at) == Op::minus) b = complement(std::move(*b));
            return b ? meet(std::move(*a), std::move(*b)) : std::nullopt;
        }
        case Op::relation:
            return relation(at);
        case Op::list: {
            const bool all = tree_.name(at) == "and";
            Maybe total;
            for (std::size_t i = 0; i < tree_[at].count; ++i) {  // the arena grows meanwhile
                const NodeIndex c = tree_.child(at, i);
                if (tree_.op(c) != Op::relation) return std::nullopt;
                Maybe next = relation(c);
                if (!next || (total && total->unknown != next->unknown)) return std::nullopt;
                total = !total ? next
                        : all  ? meet(std::move(*total), std::move(*next))
                               : merged(std::move(*total), *next);
                if (!total) return total;
            }
            return total;
        }
        default:
            return std::nullopt;
    }
}

inline std::optional<RealSet> RealSets::interval(NodeIndex at) {
    const std::string_view name = tree_.name(at);
    if (tree_[at].count != 2 || !tree_.is_scalar(tree_.child(at)) ||
        !tree_.is_scalar(tree_.child(at, 1)))
        return std::nullopt;
    return RealSet{{{bound(tree_.child(at), name[0] == '['),
                     bound(tree_.child(at, 1), name[1] == ']')}},
                   0};
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
            sign = sign == '<' ? '>' : sign == '>' ? '<' : sign == 'l' ? 'g' : sign == 'g' ? 'l' : sign;
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
        const char other = sign == '<' ? '>' : sign == '>' ? '<' : sign == 'l' ? 'g' : sign == 'g' ? 'l' : sign;
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
    if (slope < 0)
        sign = sign == '<' ? '>' : sign == '>' ? '<' : sign == 'l' ? 'g' : sign == 'g' ? 'l' : sign;
    return half_line(unknown, sign, solution);
}

/// Sorted, without empty pieces, and joined where they meet. False if ends cannot be compared.
inline bool RealSets::normalise(std::vector<Piece>& pieces) {
    std::vector<Piece> kept;
    for (const Piece& piece : pieces) {
        const auto order = compare(piece.low, piece.high);
        if (!order || pieces.size() > 64) return false;
        const bool point = *order == 0 && piece.low.closed && piece.high.closed;
        if (*order < 0 || point) kept.push_back(piece);
    }
    // Insertion sort: a comparison may fail, which std::sort would not survive.
    for (std::size_t i = 1; i < kept.size(); ++i)
        for (std::size_t j = i; j > 0; --j) {
            const auto order = compare(kept[j].low, kept[j - 1].low);
            if (!order) return false;
            if (*order > 0 || (*order == 0 && (kept[j - 1].low.closed || !kept[j].low.closed)))
                break;
            std::swap(kept[j], kept[j - 1]);
        }
    pieces.clear();
    for (const Piece& piece : kept) {
        const auto gap = pieces.empty() ? 1 : compare(piece.low, pieces.back().high);
        if (!gap) return false;
        const bool apart = pieces.empty() || *gap > 0 ||
                           (*gap == 0 && !piece.low.closed && !pieces.back().high.closed);
        if (apart) {
            pieces.push_back(piece);
            continue;
        }
        const auto longer = compare(piece.high, pieces.back().high);
        if (!longer) return false;
        if (*longer > 0 || (*longer == 0 && piece.high.closed)) pieces.back().high = piece.high;
    }
    return true;
}

/// All reals that are not in the set.
inline std::optional<RealSet> RealSets::complement(RealSet set) {
    if (!normalise(set.pieces)) return std::nullopt;
    RealSet rest{{}, set.unknown};
    Bound from{0, -1, false};
    bool done = false;
    for (const Piece& piece : set.pieces) {
        if (piece.low.infinite == 0) {
            Bound to = piece.low;
            to.closed = !to.closed;
            rest.pieces.push_back({from, to});
        }
        from = piece.high;
        from.closed = !from.closed;
        done = piece.high.infinite > 0;
    }
    if (!done) rest.pieces.push_back({from, {0, 1, false}});
    return rest;
}

}  // namespace gppo
