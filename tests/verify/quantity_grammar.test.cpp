// SPDX-License-Identifier: Apache-2.0
#include "verify/parsed.hpp"

#include <gppo/verify/quantity_grammar.hpp>

using gppo::Verdict;

TEST_CASE("what stands around a number is read with it", "[verify][quantity_grammar]") {
    Parsed p;
    CHECK(p.shown("5 cm") == "(quantity[cm] 5)");
    CHECK(p.shown("\\$5") == "(quantity[dollar] 5)");
    CHECK(p.shown("2.5 \\text{ million dollars}") == "(quantity[dollar] (mul 5/2 1000000))");
    CHECK(p.shown("12 percent") == "(percent 12)");
    CHECK(p.shown("45 degrees") == "(degrees 45)");
    CHECK(p.shown("2 \\pi \\text{ radians}") == "(mul 2 pi)");
    CHECK(p.shown("4 \\text{ sq. units}") == "4");
    CHECK(p.shown("3 \\text{ to } 5") == "(ratio 3 5)");
    CHECK(p.shown("3:4:5") == "(ratio 3 4 5)");
    CHECK(p.shown("9:05 a.m.") == "(ratio[a] 9 5)");
}

TEST_CASE("two quantities of one kind are their sum", "[verify][quantity_grammar]") {
    CHECK(Parsed().judge("1 \\text{ hour } 30 \\text{ minutes}", "90 \\text{ minutes}") ==
          Verdict::equal);
    CHECK(Parsed().judge("5 ft 6 in", "66 in") == Verdict::equal);
    CHECK(Parsed().judge("5 ft 6 in", "65 in") == Verdict::different);
    Parsed p;
    CHECK(p.shown("5 ft 6 sec") == "-");
    CHECK(p.shown("5 apples 6 pears") == "-");
    CHECK(p.shown("5 ft 6") == "-");
    std::string many = "1 hr";
    for (int k = 0; k < 500; ++k) many += " 1 hr";
    CHECK(Parsed().judge(many, "501 hr") != Verdict::different);
}
