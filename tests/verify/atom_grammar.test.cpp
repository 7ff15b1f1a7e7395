// SPDX-License-Identifier: Apache-2.0
#include "verify/parsed.hpp"

#include <gppo/verify/atom_grammar.hpp>

#include <string>

TEST_CASE("numbers are read in every notation", "[verify][atom_grammar]") {
    Parsed p;
    CHECK(p.shown("007") == "7");
    CHECK(p.shown("1,234.5") == "2469/2");
    CHECK(p.shown("2\\frac{1}{2}") == "5/2");
    CHECK(p.shown("2 1/2") == "5/2");
    CHECK(p.shown("0.\\overline{27}") == "3/11");
    CHECK(p.shown("0.1\\overline{6}") == "1/6");
    CHECK(p.shown("0.1(6)") == "1/6");
    CHECK(p.shown("0.333...") == "1/3");
    CHECK(p.shown("0.1212\\ldots") == "4/33");
    CHECK(p.shown("101_2") == "5");
    CHECK(p.shown("101_{two}") == "5");
    CHECK(p.shown("2A_{16}") == "42");
    CHECK(p.shown("1.5e-3") == "3/2000");
    CHECK(p.shown("102_2") == "-");
    CHECK(p.shown("2\\frac{3}{2}") == "-");  // a product, or a slip?
    CHECK(p.shown("0.12...") == "-");        // any continuation
}

TEST_CASE("brackets say what they hold", "[verify][atom_grammar]") {
    Parsed p;
    CHECK(p.shown("(5)") == "5");
    CHECK(p.shown("(1, 2)") == "(tuple[()] 1 2)");
    CHECK(p.shown("[1, 2)") == "(tuple[[)] 1 2)");
    CHECK(p.shown("\\langle 1, 2 \\rangle") == "(tuple[()] 1 2)");
    CHECK(p.shown("\\{1, 2\\}") == "(set 1 2)");
    CHECK(p.shown("\\{5\\}") == "(set 5)");
    CHECK(p.shown("\\{\\}") == "(set)");
    CHECK(p.shown("\\emptyset") == "(set)");
    CHECK(p.shown("\\{x : x > 1\\}") == "(rel[>] x 1)");
    CHECK(p.shown("\\{x \\in \\mathbb{R} \\mid x > 1\\}") == "(rel[>] x 1)");
    CHECK(p.shown("|x|") == "(abs x)");
    CHECK(p.shown("\\lfloor x \\rfloor") == "(floor x)");
    CHECK(p.shown("(5]") == "-");
    CHECK(p.shown("(5") == "-");
    CHECK(p.shown("5)") == "-");
}

TEST_CASE("fractions and roots take one argument with or without braces",
          "[verify][atom_grammar]") {
    Parsed p;
    CHECK(p.shown("\\frac12") == p.shown("\\frac{1}{2}"));
    CHECK(p.shown("\\frac{a}{b}") == "(mul a (inv b))");
    CHECK(p.shown("\\dfrac{ab}{c}") == "(mul (mul a b) (inv c))");
    CHECK(p.shown("\\sqrt2") == "(root 2 2)");
    CHECK(p.shown("\\sqrt[3]{x}") == "(root x 3)");
    CHECK(p.shown("\\frac{dy}{dx}") == "(derivative (mul d y) (mul d x))");
    CHECK(p.shown("\\frac{1}") == "-");
    CHECK(p.shown("\\sqrt") == "-");
}

TEST_CASE("brackets deeper than the budget are given up", "[verify][atom_grammar]") {
    for (const auto& [open, close] : {std::pair{"(", ")"},
                                      {"{", "}"},
                                      {"\\{", "\\}"},
                                      {"\\sqrt{", "}"},
                                      {"\\frac{1}{1+", "}"},
                                      {"2^{", "}"}}) {
        for (const int n : {20, 400}) {
            std::string text = "5";
            for (int k = 0; k < n; ++k) text.insert(0, open), text += close;
            Parsed p;
            const bool read = p.try_read(text).has_value();
            INFO(open << " " << n);
            CHECK((n == 20 || !read || p.tree.size() < 10));
            if (n == 400 && !read) CHECK((p.meter.exhausted() || p.tree.overflowed()));
        }
    }
}
