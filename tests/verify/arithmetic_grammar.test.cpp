// SPDX-License-Identifier: Apache-2.0
#include "verify/parsed.hpp"

#include <gppo/verify/arithmetic_grammar.hpp>

TEST_CASE("precedence is that of mathematics", "[verify][arithmetic_grammar]") {
    Parsed p;
    CHECK(p.shown("1+2*3") == "(add 1 (mul 2 3))");
    CHECK(p.shown("2x^2") == "(mul 2 (pow x 2))");
    CHECK(p.shown("-x^2") == "(neg (pow x 2))");
    CHECK(p.shown("2^{3^2}") == "(pow 2 (pow 3 2))");
    CHECK(p.shown("2^-1") == "(pow 2 -1)");
    CHECK(p.shown("x^{ab}") == "(pow x (mul a b))");
    CHECK(p.shown("x^ab") == "(mul (pow x a) b)");
    CHECK(p.shown("1/2x") == "(mul 1 (inv 2) x)");
    CHECK(p.shown("6/-3") == "(mul 6 (inv -3))");
    CHECK(p.shown("3!") == "(fact 3)");
    CHECK(p.shown("n!!") == "(double factorial n)");
    CHECK(p.shown("30^\\circ") == "(degrees 30)");
    CHECK(p.shown("1 - -2") == "(add 1 2)");
    CHECK(p.shown("50\\%") == "(percent 50)");
    CHECK(p.shown("17 \\bmod 5") == "(mod 17 5)");
    CHECK(p.shown("3 \\pmod 7") == "(residue 3 7)");
    CHECK(p.shown("1 \\pm \\sqrt{2}") == "(add 1 (pm (root 2 2)))");
    CHECK(p.shown("2(3)(4)") == "(mul 2 3 4)");
}

TEST_CASE("what is no formula cannot be read", "[verify][arithmetic_grammar]") {
    Parsed p;
    for (const char* text : {"1+", "*2", "--5", "2^", "1/", "3 4", "+", "5?", "1 +* 2"})
        CHECK(p.shown(text) == "-");
}

TEST_CASE("words are words unless they may be a product", "[verify][arithmetic_grammar]") {
    Parsed p;
    CHECK(p.shown("even") == "(text[even ] (mul e v e n))");
    CHECK(p.shown("\\text{two lines}") == "(text[two lines ])");
    CHECK(p.shown("Evelyn") == "(text[evelyn ])");
    CHECK(p.shown("xy") == "(text[xy ] (mul x y))");
    CHECK(p.shown("2xy") == "(mul 2 x y)");
    CHECK(p.shown("\\sin x") == "(sin x)");
}

TEST_CASE("sums and products of any length need no depth", "[verify][arithmetic_grammar]") {
    std::string sum = "1", product = "x";
    for (int k = 0; k < 1000; ++k) sum += "+1", product += "*x";
    Parsed p;
    CHECK(p.tree[p.read(sum)].count == 1001);
    CHECK(p.tree[p.read(product)].count == 1001);
    CHECK(p.tree[p.read(product)].depth == 2);
}
