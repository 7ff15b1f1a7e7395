// SPDX-License-Identifier: Apache-2.0
#include "verify/parsed.hpp"

#include <gppo/verify/answer_shape.hpp>

using gppo::AnswerShape;

TEST_CASE("an assignment is a name and its last value", "[verify][answer_shape]") {
    Parsed p;
    const AnswerShape shape(p.tree);
    const auto value = [&](std::string_view text) {
        const auto assigned = shape.assignment(p.read(text));
        return assigned ? p.shown(assigned->name) + " is " + p.shown(assigned->value)
                        : std::string("-");
    };
    CHECK(value("x = 5") == "x is 5");
    CHECK(value("5 = x") == "x is 5");
    CHECK(value("x = \\frac{6}{4} = 1.5") == "x is 3/2");
    CHECK(value("x = \\frac{1}{3} \\approx 0.33") == "x is (mul 1 (inv 3))");
    CHECK(value("f(x) = 2x") == "(opaque f x) is (mul 2 x)");
    CHECK(value("P(A) = 1") == "(mul P A) is 1");
    CHECK(value("(x, y) = (1, 2)") == "(tuple[()] x y) is (tuple[()] 1 2)");
    CHECK(value("x \\in \\{1, 2\\}") == "x is (set 1 2)");
    CHECK(value("2x = 5") == "-");
    CHECK(value("x + y = 5") == "-");
    CHECK(value("x < 5") == "-");
}

TEST_CASE("plus-minus is written out, each sign once", "[verify][answer_shape]") {
    Parsed p;
    AnswerShape shape(p.tree);
    const auto parts = [&](std::string_view text) {
        std::string all;
        for (const auto part : shape.parts(p.read(text))) all += p.shown(part) + ';';
        return all;
    };
    CHECK(parts("\\pm 2") == "2;-2;");
    CHECK(parts("1 \\pm \\sqrt{2}, 5") == "(add 1 (root 2 2));(add 1 (neg (root 2 2)));5;");
    CHECK(parts("x = \\pm 1") == "(rel[=] x 1);(rel[=] x -1);");
    CHECK(parts("\\{3\\}") == "3;");
    // The signs of ± and ∓ go together.
    CHECK(parts("\\pm 1 \\mp 2") == "(add 1 -2);(add -1 2);");
}

TEST_CASE("a quantity is a value and what stands behind it", "[verify][answer_shape]") {
    Parsed p;
    const AnswerShape shape(p.tree);
    const auto cm = shape.quantity(p.read("5 \\text{ cm}"));
    CHECK(cm.unit == "cm");
    CHECK(p.shown(cm.value) == "5");
    CHECK(shape.quantity(p.read("50\\%")).percent);
    CHECK(shape.quantity(p.read("50^\\circ")).degrees);
    const auto plain = shape.quantity(p.read("50"));
    CHECK((plain.unit.empty() && !plain.percent && !plain.degrees));
}

TEST_CASE("matrix sums and products are carried out where they fit", "[verify][answer_shape]") {
    Parsed p;
    AnswerShape shape(p.tree);
    const std::string a = "\\begin{pmatrix}1&2\\\\3&4\\end{pmatrix}";
    const std::string b = "\\begin{pmatrix}1\\\\1\\end{pmatrix}";
    const auto sum = shape.matrix(p.read(a + "+" + a));
    REQUIRE(sum);
    CHECK(p.tree[*sum].count == 4);
    const auto product = shape.matrix(p.read(a + b));
    REQUIRE(product);
    CHECK(p.tree[*product].count == 2);
    CHECK(p.tree[*product].value == 1);
    CHECK(shape.matrix(p.read("-2" + b)));
    CHECK_FALSE(shape.matrix(p.read(a + "+" + b)));
    CHECK_FALSE(shape.matrix(p.read(b + a)));
    CHECK_FALSE(shape.matrix(p.read(a + "+1")));
}

TEST_CASE("names agree by letter, not by the name of their argument", "[verify][answer_shape]") {
    Parsed p;
    const AnswerShape shape(p.tree);
    const auto same = [&](std::string_view a, std::string_view b) {
        return shape.same_name(p.read(a), p.read(b));
    };
    CHECK(same("x", "x"));
    CHECK(same("f(x)", "y"));
    CHECK(same("W(n)", "W(x)"));
    CHECK_FALSE(same("x", "y"));
    CHECK_FALSE(same("W(n)", "V(n)"));
}
