// SPDX-License-Identifier: Apache-2.0
#include "verify/parsed.hpp"

#include <gppo/verify/answer_comparison.hpp>

#include <string>

using gppo::Verdict;

namespace {

Verdict judged(std::string_view a, std::string_view b) {
    INFO(a << " and " << b);
    const Verdict there = Parsed().judge(a, b);
    CHECK(Parsed().judge(b, a) == there);
    return there;
}

}  // namespace

TEST_CASE("an answer of one kind is not one of another", "[verify][answer_comparison]") {
    CHECK(judged("5", "\\text{five apples and a pear}") == Verdict::different);
    CHECK(judged("5", "5, 6") == Verdict::different);
    CHECK(judged("(1, 2)", "3") == Verdict::different);
    CHECK(judged("\\text{even}", "2") == Verdict::different);
    CHECK(judged("x = 5", "x < 5") == Verdict::different);
    CHECK(judged("\\begin{pmatrix}1&2\\\\3&4\\end{pmatrix}", "5") == Verdict::different);
}

TEST_CASE("units may be missing on one side, and convert exactly", "[verify][answer_comparison]") {
    CHECK(judged("5", "5 \\text{ cm}") == Verdict::equal);
    CHECK(judged("1 \\text{ m}", "100 \\text{ cm}") == Verdict::equal);
    CHECK(judged("5 \\text{ cm}", "5 \\text{ m}") == Verdict::different);
    CHECK(judged("5 \\text{ cm}", "5 \\text{ seconds}") == Verdict::different);
    CHECK(judged("5 \\text{ boys}", "5 \\text{ girls}") == Verdict::unparsable);
    CHECK(judged("5 \\text{ boys}", "6 \\text{ girls}") == Verdict::different);
    CHECK(judged("30^\\circ", "30") == Verdict::equal);
    CHECK(judged("30^\\circ", "\\frac{\\pi}{6}") == Verdict::equal);
    CHECK(judged("50\\%", "\\frac{1}{2}") == Verdict::equal);
    CHECK(judged("50\\%", "50") == Verdict::equal);
    CHECK(judged("50\\%", "5") == Verdict::different);
}

TEST_CASE("words are words, or a product of their letters", "[verify][answer_comparison]") {
    CHECK(judged("\\text{Evelyn}", "evelyn") == Verdict::equal);
    CHECK(judged("\\text{yes}", "no") == Verdict::different);
    CHECK(judged("xy", "yx") == Verdict::equal);
    CHECK(judged("CBAD", "ABCD") == Verdict::different);
    CHECK(judged("\\text{four}", "4") == Verdict::equal);
    CHECK(judged("\\text{four}", "5") == Verdict::different);
}

TEST_CASE("ratios up to a factor, times of day exactly", "[verify][answer_comparison]") {
    CHECK(judged("2:3", "4:6") == Verdict::equal);
    CHECK(judged("2:3", "3:2") == Verdict::different);
    CHECK(judged("2:3", "\\frac{2}{3}") == Verdict::equal);
    CHECK(judged("1:2:3", "2:4:6") == Verdict::equal);
    CHECK(judged("8:30 \\text{ p.m.}", "8:30 PM") == Verdict::equal);
    CHECK(judged("8:30 \\text{ p.m.}", "8:30 \\text{ a.m.}") == Verdict::different);
    CHECK(judged("12:00", "1:00") == Verdict::different);
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
    CHECK(judged(a + "z", a + "z") == Verdict::equal);
}
