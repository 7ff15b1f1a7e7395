// SPDX-License-Identifier: Apache-2.0
#include "verify/parsed.hpp"

#include <gppo/verify/answer_parser.hpp>

#include <string>

TEST_CASE("parts are joined by commas, semicolons and words", "[verify][answer_parser]") {
    Parsed p;
    CHECK(p.shown("1, 2") == "(list[,] 1 2)");
    CHECK(p.shown("1 \\text{ and } 2") == "(list[and] 1 2)");
    CHECK(p.shown("1, 2, or 3") == "(list[or] 1 2 3)");
    CHECK(p.shown("1, 2,") == "(list[,] 1 2)");
    CHECK(p.shown("p=5, q=2; p=7, q=2") ==
          "(list[,] (list[,] (rel[=] p 5) (rel[=] q 2)) (list[,] (rel[=] p 7) (rel[=] q 2)))");
}

TEST_CASE("relations and unions have their sides", "[verify][answer_parser]") {
    Parsed p;
    CHECK(p.shown("x = 5") == "(rel[=] x 5)");
    CHECK(p.shown("1 < x \\le 5") == "(rel[<l] 1 x 5)");
    CHECK(p.shown("x \\neq 3") == "(rel[!] x 3)");
    CHECK(p.shown("x \\in [1, 2]") == "(rel[e] x (tuple[[]] 1 2))");
    CHECK(p.shown("(1,2) \\cup (3,4)") == "(join (tuple[()] 1 2) (tuple[()] 3 4))");
    CHECK(p.shown("(1,2) U (3,4)") == "(join (tuple[()] 1 2) (tuple[()] 3 4))");
    CHECK(p.shown("\\mathbb{R} \\setminus \\{3\\}") == "(minus R (set 3))");
    CHECK(p.shown("= 5") == "5");
    CHECK(p.shown("x =") == "-");
}

TEST_CASE("quantities keep what stands around the number", "[verify][answer_parser]") {
    Parsed p;
    CHECK(p.shown("5 \\text{ cm}") == "(quantity[cm] 5)");
    CHECK(p.shown("5\\text{ cm}^2") == "(quantity[cm^2] 5)");
    CHECK(p.shown("\\$5") == "(quantity[dollar] 5)");
    CHECK(p.shown("3 million") == "(mul 3 1000000)");
    CHECK(p.shown("50 percent") == "(percent 50)");
    CHECK(p.shown("3:4:5") == "(ratio 3 4 5)");
    CHECK(p.shown("8:30 p.m.") == "(ratio[p] 8 30)");
    CHECK(p.shown("10 \\text{ square units}") == "10");
    CHECK(p.shown("60 \\text{ miles per hour}") == "(quantity[mile/hour] 60)");
}

TEST_CASE("a reading decides what is ambiguous", "[verify][answer_parser]") {
    Parsed p;
    const auto read = [&](std::string_view text, gppo::Reading reading) {
        return p.shown(*p.try_read(text, reading));
    };
    CHECK(read("1,234", {true, false, false}) == "1234");
    CHECK(read("1,234", {false, false, false}) == "(list[,] 1 234)");
    CHECK(read("5 m", {true, false, false}) == "(mul 5 m)");
    CHECK(read("5 m", {true, true, false}) == "(quantity[m] 5)");
}

TEST_CASE("any bytes end in a tree within the budget, or in nothing", "[verify][answer_parser]") {
    const gppo::Philox random{59};
    constexpr std::string_view pieces[]{"\\frac",
                                        "{",
                                        "}",
                                        "(",
                                        ")",
                                        "[",
                                        "]",
                                        "1",
                                        "2.5",
                                        "x",
                                        "^",
                                        "_",
                                        ",",
                                        "=",
                                        "<",
                                        "\\cup",
                                        "\\sqrt",
                                        "\\text{",
                                        "\\sin",
                                        "|",
                                        "\\pm",
                                        "-",
                                        "+",
                                        "/",
                                        ":",
                                        "!",
                                        "%",
                                        "\\begin{pmatrix}",
                                        "&",
                                        "\\\\",
                                        "\\end{pmatrix}",
                                        " cm",
                                        "and",
                                        "\\{",
                                        "\\}",
                                        "...",
                                        "'",
                                        "\\overline"};
    for (std::uint64_t i = 0; i < 20'000; ++i) {
        std::string text;
        const auto length = random.below(14, i, 0) + 1;
        for (std::uint64_t k = 0; k < length; ++k)
            text += pieces[random.below(std::size(pieces), i, k + 1)];
        Parsed p;
        if (const auto at = p.try_read(text)) REQUIRE(!p.shown(*at).empty());
        REQUIRE(p.tree.size() <= p.budget.nodes + 100);
    }
}
