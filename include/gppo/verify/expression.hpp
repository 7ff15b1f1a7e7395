// SPDX-License-Identifier: Apache-2.0
//
// The tree of a mathematical answer. Nodes lie in one arena, children before parents, so a tree is
// built, walked and thrown away without pointers. Depth and number of nodes are bounded when a node
// is made, so everything that recurses over a tree is bounded, too.
#pragma once

#include <gppo/verify/exact_number.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gppo {

/// What a node is. Scalars first, then what is made of scalars.
enum class Op : std::uint8_t {
    number,      ///< an exact rational
    infinity,    ///< +∞
    pi,          ///< circle constant
    e,           ///< Euler's number
    i,           ///< imaginary unit
    variable,    ///< a named unknown, with its indices and primes
    add,         ///< sum of children
    multiply,    ///< product of children
    negate,      ///< minus the child
    inverse,     ///< one over the child
    power,       ///< child 0 to the child 1
    root,        ///< child 1-th root of child 0
    call,        ///< a function of its children, see `name`
    factorial,   ///< of the child
    percent,     ///< child / 100
    degrees,     ///< child · π/180
    plus_minus,  ///< both signs of the child
    minus_plus,  ///< both signs, the other one first
    list,        ///< parts without brackets; name is what joins them: "," "and" "or"
    tuple,       ///< parts in brackets; name is the two brackets, "(]" is half open
    set,         ///< parts in braces
    matrix,      ///< rows of equal length; `value` is the number of columns
    ratio,       ///< a : b : c
    relation,    ///< children compared by the signs in `name`: = ! < > l g ~ e (in)
    join,        ///< union of children
    meet,        ///< intersection of children
    minus,       ///< set difference of two children
    quantity,    ///< child 0 with the unit in `name`
    text,        ///< words; child 0, if there is one, is the same letters as a product
};

using NodeIndex = std::uint32_t;

struct Node {
    Op op = Op::number;
    std::uint16_t depth = 0;
    std::int16_t decimals = -1;  ///< of a decimal literal: digits behind the point
    std::uint32_t first = 0, count = 0;
    std::uint32_t value = 0;  ///< index of a number or name, columns of a matrix
    std::uint64_t hash = 0;   ///< of a name: equal names, equal hashes
};

/// 64 well mixed bits.
constexpr std::uint64_t mixed_bits(std::uint64_t x) noexcept {
    x += 0x9E3779B97F4A7C15u;
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
    return x ^ (x >> 31);
}
constexpr std::uint64_t name_hash(std::string_view name) noexcept {
    std::uint64_t h = 0;
    for (const char c : name) h = mixed_bits(h ^ static_cast<unsigned char>(c));
    return h;
}

/// An arena of nodes.
class Expression {
  public:
    explicit Expression(const MathsBudget& budget) : budget_(budget) {}

    const Node& operator[](NodeIndex at) const { return nodes_[at]; }
    Op op(NodeIndex at) const { return nodes_[at].op; }
    std::size_t size() const { return nodes_.size(); }
    /// Valid until a node is added.
    std::span<const NodeIndex> children(NodeIndex at) const {
        return {links_.data() + nodes_[at].first, nodes_[at].count};
    }
    NodeIndex child(NodeIndex at, std::size_t i = 0) const { return links_[nodes_[at].first + i]; }
    const Rational& number(NodeIndex at) const { return numbers_[nodes_[at].value]; }
    std::string_view name(NodeIndex at) const { return names_[nodes_[at].value]; }
    bool is_number(NodeIndex at, long value) const {
        return op(at) == Op::number && number(at) == value;
    }
    /// Whether a node could not be made because the tree got too deep or too large.
    bool overflowed() const { return overflowed_; }

    NodeIndex add_number(Rational value, int decimals = -1) {
        numbers_.push_back(std::move(value));
        const NodeIndex at = add(Op::number, {});
        nodes_[at].value = static_cast<std::uint32_t>(numbers_.size() - 1);
        nodes_[at].decimals = static_cast<std::int16_t>(std::min(decimals, 30'000));
        return at;
    }
    NodeIndex add_named(Op op, std::string_view name, std::span<const NodeIndex> children = {}) {
        names_.emplace_back(name);
        const NodeIndex at = add(op, children);
        nodes_[at].value = static_cast<std::uint32_t>(names_.size() - 1);
        nodes_[at].hash = name_hash(name);
        return at;
    }
    NodeIndex add_named(Op op, std::string_view name, std::initializer_list<NodeIndex> children) {
        return add_named(op, name, std::span(children.begin(), children.size()));
    }
    NodeIndex add(Op op, std::initializer_list<NodeIndex> children) {
        return add(op, std::span(children.begin(), children.size()));
    }
    NodeIndex add(Op op, std::span<const NodeIndex> children) {
        Node node;
        node.op = op;
        node.first = static_cast<std::uint32_t>(links_.size());
        node.count = static_cast<std::uint32_t>(children.size());
        std::uint16_t depth = 0;
        for (const NodeIndex c : children) depth = std::max(depth, nodes_[c].depth);
        node.depth = static_cast<std::uint16_t>(depth + 1);
        // Beyond a limit the node becomes a leaf, so that no tree is ever deeper.
        if (node.depth > 2 * budget_.depth || nodes_.size() >= budget_.nodes) {
            overflowed_ = true;
            node.count = 0;
            node.depth = 1;
            node.op = Op::infinity;
        } else {
            // The children may lie in links_ itself.
            const std::vector<NodeIndex> copy(children.begin(), children.end());
            links_.insert(links_.end(), copy.begin(), copy.end());
        }
        nodes_.push_back(node);
        return static_cast<NodeIndex>(nodes_.size() - 1);
    }
    NodeIndex add_matrix(std::span<const NodeIndex> entries, std::size_t columns) {
        const NodeIndex at = add(Op::matrix, entries);
        nodes_[at].value = static_cast<std::uint32_t>(columns);
        return at;
    }
    NodeIndex negated(NodeIndex at) {
        if (op(at) == Op::number) return add_number(-number(at), nodes_[at].decimals);
        return op(at) == Op::negate ? child(at) : add(Op::negate, {at});
    }
    NodeIndex difference(NodeIndex a, NodeIndex b) { return add(Op::add, {a, negated(b)}); }

    /// The same tree, node by node.
    bool same(NodeIndex a, NodeIndex b) const {
        if (a == b) return true;
        const Node &x = nodes_[a], &y = nodes_[b];
        if (x.op != y.op || x.count != y.count || x.hash != y.hash) return false;
        if (x.op == Op::number) return number(a) == number(b);
        if (x.op == Op::matrix && x.value != y.value) return false;
        if (x.hash != 0 && name(a) != name(b)) return false;
        for (std::size_t i = 0; i < x.count; ++i)
            if (!same(child(a, i), child(b, i))) return false;
        return true;
    }
    /// Whether `test` holds for a node of the tree.
    template <class F>
    bool any(NodeIndex at, const F& test) const {
        if (test(at)) return true;
        for (const NodeIndex c : children(at))
            if (any(c, test)) return true;
        return false;
    }
    bool has(NodeIndex at, Op kind) const {
        return any(at, [&](NodeIndex n) { return op(n) == kind; });
    }
    bool is_scalar(NodeIndex at) const { return op(at) < Op::list; }

  private:
    MathsBudget budget_;
    std::vector<Node> nodes_;
    std::vector<NodeIndex> links_;
    std::vector<Rational> numbers_;
    std::deque<std::string> names_;  // views of names stay valid while the tree grows
    bool overflowed_ = false;
};

}  // namespace gppo
