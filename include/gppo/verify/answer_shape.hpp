// SPDX-License-Identifier: Apache-2.0
//
// What kind of answer a tree is: an assignment and its value, a list with ± written out, a number
// with its unit, a matrix after its arithmetic is done.
#pragma once

#include <gppo/verify/expression.hpp>

#include <cctype>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gppo {

/// Reads and rewrites the nodes of one tree.
class AnswerShape {
  public:
    explicit AnswerShape(Expression& tree) : tree_(tree) {}

    /// x = 5: what is named, and its value. A chain x = 6/4 = 1.5 has the last value before any ≈.
    struct Assignment {
        NodeIndex name, value;
    };
    std::optional<Assignment> assignment(NodeIndex at) const {
        if (tree_.op(at) != Op::relation) return std::nullopt;
        const std::string_view signs = tree_.name(at);
        const auto end = signs.find('~');
        if (signs.find_first_not_of("=~") != signs.npos) {
            if (signs != "e") return std::nullopt;
            return Assignment{tree_.child(at), tree_.child(at, 1)};
        }
        const NodeIndex first = tree_.child(at);
        const NodeIndex last = tree_.child(at, end == signs.npos || end == 0 ? signs.size() : end);
        if (is_name(first)) return Assignment{first, last};
        if (signs.size() == 1 && is_name(last) && !is_name(first) && tree_.op(last) == Op::variable)
            return Assignment{last, first};
        return std::nullopt;
    }
    /// Something that an answer may give a value to: x, x_1, f(x), P(A), AB, |AB|, (x, y), A:B.
    bool is_name(NodeIndex at) const {
        switch (tree_.op(at)) {
            case Op::variable:
            case Op::text:
                return true;
            case Op::call:
                return tree_.name(at).starts_with("opaque") || tree_.name(at) == "derivative" ||
                       (tree_.name(at) == "abs" && is_name(tree_.child(at)));
            case Op::tuple:
            case Op::ratio:
                for (const NodeIndex c : tree_.children(at))
                    if (!is_name(c)) return false;
                return true;
            case Op::multiply: {  // P(A), AB / CD, W(n)
                const NodeIndex first = tree_.child(at);
                for (const NodeIndex c : tree_.children(at))
                    if (!is_label(c)) return false;
                return is_label(first);
            }
            case Op::degrees:
                return is_name(tree_.child(at));
            default:
                return false;
        }
    }
    /// P(A) and P(B) start with the same letter; f(x) may be called y.
    bool same_name(NodeIndex a, NodeIndex b) const {
        if (tree_.same(a, b)) return true;
        const auto opaque = [&](NodeIndex n) {
            return tree_.op(n) == Op::call && tree_.name(n).starts_with("opaque");
        };
        const auto is_y = [&](NodeIndex n) {
            return tree_.op(n) == Op::variable && tree_.name(n) == "y";
        };
        if ((opaque(a) && is_y(b)) || (opaque(b) && is_y(a))) return true;
        if (tree_.op(a) == Op::text && tree_.op(b) == Op::text)
            return tree_.name(a) == tree_.name(b);
        // W(n) and W(x): the argument's name does not matter.
        return tree_.op(a) == Op::multiply && tree_.op(b) == Op::multiply &&
               tree_.op(tree_.child(a)) == Op::variable &&
               tree_.same(tree_.child(a), tree_.child(b)) && tree_[a].count == 2 &&
               tree_[b].count == 2 && tree_.op(tree_.child(a, 1)) == Op::variable &&
               tree_.op(tree_.child(b, 1)) == Op::variable;
    }

    bool has_signs(NodeIndex at) const {
        return tree_.any(at, [&](NodeIndex n) {
            return tree_.op(n) == Op::plus_minus || tree_.op(n) == Op::minus_plus;
        });
    }
    /// The tree with every ± as + and ∓ as - (or the other way).
    NodeIndex with_sign(NodeIndex at, bool plus) {
        const Op op = tree_.op(at);
        if (op == Op::plus_minus || op == Op::minus_plus) {
            const NodeIndex inside = with_sign(tree_.child(at), plus);
            return (op == Op::plus_minus) == plus ? inside : tree_.negated(inside);
        }
        if (tree_[at].count == 0 || !has_signs(at)) return at;
        std::vector<NodeIndex> children;
        for (std::size_t i = 0; i < tree_[at].count; ++i)
            children.push_back(with_sign(tree_.child(at, i), plus));
        if (tree_[at].hash == 0) return tree_.add(op, children);
        return tree_.add_named(op, std::string(tree_.name(at)), children);
    }
    /// The parts of a list or set, or the node itself; a part with ± is two parts.
    std::vector<NodeIndex> parts(NodeIndex at) {
        std::vector<NodeIndex> found, all;
        const Op op = tree_.op(at);
        if (op == Op::list || op == Op::set || op == Op::tuple)
            found.assign(tree_.children(at).begin(), tree_.children(at).end());
        else
            found.push_back(at);
        for (const NodeIndex part : found) {
            const bool relation = tree_.op(part) == Op::relation;
            if ((tree_.is_scalar(part) || relation) && has_signs(part)) {
                all.push_back(with_sign(part, true));
                all.push_back(with_sign(part, false));
            } else {
                all.push_back(part);
            }
        }
        return all;
    }

    /// A number and what is written behind it.
    struct Quantity {
        NodeIndex value;
        bool percent = false, degrees = false;
        std::string_view unit;
    };
    Quantity quantity(NodeIndex at) const {
        Quantity q{at, false, false, {}};
        for (;;) {
            const Op op = tree_.op(q.value);
            if (op == Op::quantity && q.unit.empty())
                q.unit = tree_.name(q.value);
            else if (op == Op::percent && !q.percent)
                q.percent = true;
            else if (op == Op::degrees && !q.degrees)
                q.degrees = true;
            else
                return q;
            q.value = tree_.child(q.value);
        }
    }

    /// The node with matrix sums and products carried out, or nothing if they do not fit.
    std::optional<NodeIndex> matrix(NodeIndex at);

  private:
    /// A capital letter, as in the name of a segment or an event, or a fraction of such.
    bool is_label(NodeIndex at) const {
        const Op op = tree_.op(at);
        if (op == Op::inverse) return is_label(tree_.child(at));
        if (op == Op::text || op == Op::ratio) return is_name(at);
        if (op == Op::relation) return true;  // P(X = 2)
        if (op == Op::multiply) return is_name(at);
        if (op != Op::variable) return false;
        const std::string_view name = tree_.name(at);
        return name.find_first_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ") == 0 || name.size() > 1 ||
               is_plain_letter(name);
    }
    static bool is_plain_letter(std::string_view) { return false; }
    std::optional<NodeIndex> combined(std::vector<NodeIndex> operands, bool sum);
    NodeIndex entry(NodeIndex m, std::size_t row, std::size_t column) const {
        return tree_.child(m, row * tree_[m].value + column);
    }

    Expression& tree_;
};

inline std::optional<NodeIndex> AnswerShape::matrix(NodeIndex at) {
    const Op op = tree_.op(at);
    if (op == Op::matrix) return at;
    if (!tree_.has(at, Op::matrix)) return at;
    if (op == Op::negate) {
        const auto m = matrix(tree_.child(at));
        return m ? combined({tree_.add_number(-1), *m}, false) : m;
    }
    if (op != Op::add && op != Op::multiply) return std::nullopt;
    std::vector<NodeIndex> operands;
    for (std::size_t i = 0; i < tree_[at].count; ++i) {
        const auto m = matrix(tree_.child(at, i));
        if (!m) return m;
        operands.push_back(*m);
    }
    return combined(std::move(operands), op == Op::add);
}

/// The sum or product of scalars and matrices of at most 64 entries.
inline std::optional<NodeIndex> AnswerShape::combined(std::vector<NodeIndex> operands, bool sum) {
    NodeIndex total = operands[0];
    for (std::size_t k = 1; k < operands.size(); ++k) {
        NodeIndex other = operands[k];
        const bool left = tree_.op(total) == Op::matrix, right = tree_.op(other) == Op::matrix;
        if (!left && !right) {
            total = tree_.add(sum ? Op::add : Op::multiply, {total, other});
            continue;
        }
        if (!left) std::swap(total, other);
        const std::size_t size = tree_[total].count, columns = tree_[total].value;
        std::vector<NodeIndex> entries;
        if (size > 64 || tree_[other].count > 64 || (sum && !(left && right))) return std::nullopt;
        std::size_t out = columns;
        if (sum) {
            if (tree_[other].count != size || tree_[other].value != columns) return std::nullopt;
            for (std::size_t i = 0; i < size; ++i)
                entries.push_back(
                    tree_.add(Op::add, {tree_.child(total, i), tree_.child(other, i)}));
        } else if (!(left && right)) {
            for (std::size_t i = 0; i < size; ++i)
                entries.push_back(tree_.add(Op::multiply, {other, tree_.child(total, i)}));
        } else {
            out = tree_[other].value;
            if (tree_[other].count / out != columns) return std::nullopt;
            for (std::size_t row = 0; row < size / columns; ++row)
                for (std::size_t column = 0; column < out; ++column) {
                    std::vector<NodeIndex> terms;
                    for (std::size_t j = 0; j < columns; ++j)
                        terms.push_back(tree_.add(Op::multiply,
                                                  {entry(total, row, j), entry(other, j, column)}));
                    entries.push_back(tree_.add(Op::add, terms));
                }
        }
        total = tree_.add_matrix(entries, out);
    }
    return total;
}

}  // namespace gppo
