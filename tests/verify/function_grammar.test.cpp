// SPDX-License-Identifier: Apache-2.0
#include "verify/parsed.hpp"

#include <gppo/verify/function_grammar.hpp>

TEST_CASE("a function without brackets takes the factors behind it", "[verify][function_grammar]") {
    Parsed p;
    CHECK(p.shown("\\sin 2x") == "(sin (mul 2 x))");
    CHECK(p.shown("\\sin x \\cos x") == "(mul (sin x) (cos x))");
    CHECK(p.shown("\\sin x + 1") == "(add (sin x) 1)");
    CHECK(p.shown("\\sin(x) y") == "(mul (sin x) y)");
    CHECK(p.shown("\\sin^2 x") == "(pow (sin x) 2)");
    CHECK(p.shown("\\sin^{-1} x") == "(asin x)");
    CHECK(p.shown("\\arcsin x") == "(asin x)");
    CHECK(p.shown("sin x") == "(sin x)");
    CHECK(p.shown("2sinx") == "(mul 2 (sin x))");
    CHECK(p.shown("\\log_2 8") == "(log 8 2)");
    CHECK(p.shown("\\log_{10}(x)") == "(log x 10)");
    CHECK(p.shown("\\gcd(a, b)") == "(gcd a b)");
    CHECK(p.shown("\\binom{n}{2}") == "(binom n 2)");
}

TEST_CASE("names keep their indices, primes and accents", "[verify][function_grammar]") {
    Parsed p;
    CHECK(p.shown("x_1") == "x_1");
    CHECK(p.shown("x_{1}") == "x_1");
    CHECK(p.shown("x_{n+1}") == "x_n+1");
    CHECK(p.shown("f'(x)") == "(opaque f' x)");
    CHECK(p.shown("f(x, y)") == "(opaque f x y)");
    CHECK(p.shown("\\alpha \\beta") == "(mul alpha beta)");
    CHECK(p.shown("\\vec{v}") == "vec v");
    CHECK(p.shown("\\mathbb{R}") == "R");
    CHECK(p.shown("e_1") == "e_1");  // not Euler's number
    CHECK(p.shown("e^x") == "(pow e x)");
    CHECK(p.shown("2i") == "(mul 2 i)");
}

TEST_CASE("sums over an index and matrices", "[verify][function_grammar]") {
    Parsed p;
    CHECK(p.shown("\\sum_{k=1}^{n} k^2") == "(sum (pow k 2) k 1 n)");
    CHECK(p.shown("\\begin{pmatrix} 1 & 2 \\\\ 3 & 4 \\end{pmatrix}") == "(matrix2 1 2 3 4)");
    CHECK(p.shown("\\begin{array}{cc} 1 & 2 \\\\ 3 & 4 \\\\ \\end{array}") == "(matrix2 1 2 3 4)");
    CHECK(p.shown("\\begin{pmatrix} 1 & 2 \\\\ 3 \\end{pmatrix}") == "-");
    CHECK(p.shown("\\begin{pmatrix} 1 & 2") == "-");
    CHECK(p.shown("\\begin{cases} 1 \\end{cases}") == "-");
    CHECK(p.shown("\\sum_{k=1} k") == "-");
}

TEST_CASE("a letter before a number in brackets is a function's value",
          "[verify][function_grammar]") {
    CHECK(verdict("0", "I(0)e^{-\\frac{t}{RC}}") == gppo::Verdict::different);
    CHECK(verdict("I(0)e^{-t}", "e^{-t}I(0)") == gppo::Verdict::equal);
    CHECK(verdict("I(0)", "I(1)") == gppo::Verdict::different);
    CHECK(verdict("\\theta(0)", "0") == gppo::Verdict::different);
    CHECK(verdict("x(x+1)", "x^2+x") == gppo::Verdict::equal);
    CHECK(verdict("2(3)", "6") == gppo::Verdict::equal);
}
