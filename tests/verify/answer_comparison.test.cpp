// SPDX-License-Identifier: Apache-2.0
#include "verify/parsed.hpp"

#include <gppo/verify/answer_comparison.hpp>

#include <string>

using gppo::Verdict;

TEST_CASE("an answer of one kind is not one of another", "[verify][answer_comparison]") {
    CHECK(verdict("5", "\\text{five apples and a pear}") == Verdict::different);
    CHECK(verdict("5", "5, 6") == Verdict::different);
    CHECK(verdict("(1, 2)", "3") == Verdict::different);
    CHECK(verdict("\\text{even}", "2") == Verdict::different);
    CHECK(verdict("x = 5", "x < 5") == Verdict::different);
    CHECK(verdict("\\begin{pmatrix}1&2\\\\3&4\\end{pmatrix}", "5") == Verdict::different);
}

TEST_CASE("units may be missing on one side, and convert exactly", "[verify][answer_comparison]") {
    CHECK(verdict("5", "5 \\text{ cm}") == Verdict::equal);
    CHECK(verdict("1 \\text{ m}", "100 \\text{ cm}") == Verdict::equal);
    CHECK(verdict("5 \\text{ cm}", "5 \\text{ m}") == Verdict::different);
    CHECK(verdict("5 \\text{ cm}", "5 \\text{ seconds}") == Verdict::different);
    CHECK(verdict("5 \\text{ boys}", "5 \\text{ girls}") == Verdict::unparsable);
    CHECK(verdict("5 \\text{ boys}", "6 \\text{ girls}") == Verdict::different);
    CHECK(verdict("30^\\circ", "30") == Verdict::equal);
    CHECK(verdict("30^\\circ", "\\frac{\\pi}{6}") == Verdict::equal);
    CHECK(verdict("50\\%", "\\frac{1}{2}") == Verdict::equal);
    CHECK(verdict("50\\%", "50") == Verdict::equal);
    CHECK(verdict("50\\%", "5") == Verdict::different);
}

TEST_CASE("words are words, or a product of their letters", "[verify][answer_comparison]") {
    CHECK(verdict("\\text{Evelyn}", "evelyn") == Verdict::equal);
    CHECK(verdict("\\text{yes}", "no") == Verdict::different);
    CHECK(verdict("xy", "yx") == Verdict::equal);
    CHECK(verdict("CBAD", "ABCD") == Verdict::different);
    CHECK(verdict("\\text{four}", "4") == Verdict::equal);
    CHECK(verdict("\\text{four}", "5") == Verdict::different);
}

TEST_CASE("ratios up to a factor, times of day exactly", "[verify][answer_comparison]") {
    CHECK(verdict("2:3", "4:6") == Verdict::equal);
    CHECK(verdict("2:3", "3:2") == Verdict::different);
    CHECK(verdict("2:3", "\\frac{2}{3}") == Verdict::equal);
    CHECK(verdict("1:2:3", "2:4:6") == Verdict::equal);
    CHECK(verdict("8:30 \\text{ p.m.}", "8:30 PM") == Verdict::equal);
    CHECK(verdict("8:30 \\text{ p.m.}", "8:30 \\text{ a.m.}") == Verdict::different);
    CHECK(verdict("12:00", "1:00") == Verdict::different);
}

TEST_CASE("too many parts end in the budget, not in a long wait", "[verify][answer_comparison]") {
    gppo::MathsBudget budget;
    budget.comparisons = 10;
    Parsed p;
    p.budget = budget;
    gppo::Meter meter(budget);
    std::string a, b;
    for (int k = 0; k < 40; ++k)
        a += "x_" + std::to_string(k) + ",", b += "y_" + std::to_string(k) + ",";
    const auto x = p.read(a + "z"), y = p.read(b + "z");
    CHECK(gppo::AnswerComparison(p.tree, meter).judge(x, y).verdict == Verdict::budget);
    CHECK(verdict(a + "z", a + "z") == Verdict::equal);
}
