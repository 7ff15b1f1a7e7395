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
    Maybe conditions(NodeIndex at);
    Maybe relation(NodeIndex at);
    Maybe half_line(NodeIndex subject, char sign, NodeIndex value);
    Maybe solved(NodeIndex subject, char sign, NodeIndex value);
    Bound bound(NodeIndex at, bool closed) const {
        const bool negative = tree_.op(at) == Op::negate;
        const NodeIndex core = negative ? tree_.child(at) : at;
        if (tree_.op(core) == Op::infinity) return {0, negative ? -1 : 1, false};
        return {at, 0, closed};
    }
    /// The sign with its sides exchanged.
    static char turned(char sign) {
        constexpr std::string_view signs = "<>lg", others = "><gl";
        const auto at = signs.find(sign);
        return at == signs.npos ? sign : others[at];
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
        case Op::text: {
            constexpr std::string_view names =
                "R|real numbers |reals |all real numbers |all reals ";
            const std::string_view name = tree_.name(at);
            const bool whole = name == "R" || (name.size() > 5 && names.find(name) != names.npos);
            return whole ? Maybe(RealSet{{everything()}, 0}) : std::nullopt;
        }
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
        case Op::list:
            return conditions(at);
        default:
            return std::nullopt;
    }
}

inline std::optional<RealSet> RealSets::interval(NodeIndex at) {
    const std::string_view name = tree_.name(at);
    if (tree_[at].count != 2 || !tree_.is_scalar(tree_.child(at)) ||
        !tree_.is_scalar(tree_.child(at, 1)))
        return std::nullopt;
    return RealSet{
        {{bound(tree_.child(at), name[0] == '['), bound(tree_.child(at, 1), name[1] == ']')}}, 0};
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

#include <gppo/verify/inequality.hpp>
