// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/verify/expression.hpp>

using gppo::Expression;
using gppo::NodeIndex;
using gppo::Op;

TEST_CASE("trees are the same if every node is", "[verify][expression]") {
    Expression tree({});
    const auto sum = [&](long n, const char* name) {
        return tree.add(Op::add, {tree.add_number(n), tree.add_named(Op::variable, name)});
    };
    CHECK(tree.same(sum(1, "x"), sum(1, "x")));
    CHECK_FALSE(tree.same(sum(1, "x"), sum(2, "x")));
    CHECK_FALSE(tree.same(sum(1, "x"), sum(1, "y")));
    CHECK_FALSE(tree.same(sum(1, "x"), tree.child(sum(1, "x"))));
    const NodeIndex row[]{tree.add_number(1), tree.add_number(2)};
    CHECK_FALSE(tree.same(tree.add_matrix(row, 1), tree.add_matrix(row, 2)));
    CHECK_FALSE(
        tree.same(tree.add_named(Op::tuple, "()", row), tree.add_named(Op::tuple, "(]", row)));
}

TEST_CASE("a negated number is a number and two minuses cancel", "[verify][expression]") {
    Expression tree({});
    CHECK(tree.is_number(tree.negated(tree.add_number(5)), -5));
    const NodeIndex x = tree.add_named(Op::variable, "x");
    CHECK(tree.negated(tree.negated(x)) == x);
    CHECK(tree.op(tree.difference(x, x)) == Op::add);
    CHECK(tree.has(tree.negated(x), Op::variable));
    CHECK_FALSE(tree.has(tree.negated(x), Op::number));
}

TEST_CASE("no tree is deeper or larger than the budget", "[verify][expression]") {
    gppo::MathsBudget budget;
    budget.depth = 10;
    budget.nodes = 1000;
    Expression deep(budget);
    NodeIndex at = deep.add_number(1);
    for (int k = 0; k < 19; ++k) at = deep.add(Op::inverse, {at});
    CHECK_FALSE(deep.overflowed());
    at = deep.add(Op::inverse, {at});
    CHECK(deep.overflowed());
    CHECK(deep[at].count == 0);

    Expression wide(budget);
    for (int k = 0; k < 1000; ++k) wide.add_number(k);
    CHECK_FALSE(wide.overflowed());
    wide.add_number(1);
    CHECK(wide.overflowed());
}

TEST_CASE("children may be given from the arena itself", "[verify][expression]") {
    Expression tree({});
    NodeIndex list = tree.add(Op::list, {tree.add_number(1), tree.add_number(2)});
    for (int k = 0; k < 100; ++k) list = tree.add(Op::list, tree.children(list));
    CHECK(tree.is_number(tree.child(list, 0), 1));
    CHECK(tree.is_number(tree.child(list, 1), 2));
}
