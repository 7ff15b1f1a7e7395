// SPDX-License-Identifier: Apache-2.0
#include "verify/balls.hpp"
#include "verify/parsed.hpp"

#include <gppo/verify/numeric_value.hpp>

using gppo::NumericValue;
using gppo::Rational;

TEST_CASE("closed forms that are rational contain their value", "[verify][numeric_value]") {
    const std::pair<const char*, Rational> known[]{
        {"\\sqrt{2}^2", 2},
        {"(\\sqrt{3}+\\sqrt{2})(\\sqrt{3}-\\sqrt{2})", 1},
        {"\\sqrt{3+2\\sqrt{2}} - \\sqrt{2}", 1},
        {"e^{i\\pi}", -1},
        {"\\cos\\frac{\\pi}{3}", Rational(1, 2)},
        {"\\sin 30^\\circ", Rational(1, 2)},
        {"\\frac{\\ln 8}{\\ln 2}", 3},
        {"\\log 1000", 3},
        {"4\\arctan 1 - \\pi", 0},
        {"\\sqrt[3]{2+\\sqrt5}+\\sqrt[3]{2-\\sqrt5}", 1},
        {"(-8)^{1/3}", -2},
        {"2^{\\log_2 7}", 7},
        {"i^2", -1},
    };
    for (const auto& [text, value] : known) {
        Parsed p;
        INFO(text);
        const auto at = p.read(text);
        const auto z = NumericValue(p.tree, p.meter, 128)(at);
        REQUIRE(z);
        CHECK(contains(z->re, value));
        CHECK(contains(z->im, 0));
        CHECK(gppo::BallArithmetic::bound(z->im) < -90);
    }
}

TEST_CASE("a random rational expression's ball contains its exact value",
          "[verify][numeric_value]") {
    const gppo::Philox random{53};
    for (std::uint64_t i = 0; i < 200; ++i) {
        Parsed p;
        const Rational a = random_fraction(random, i, 0), b = random_fraction(random, i, 2);
        const auto at = p.read("\\frac{(" + a.str() + ")^3 - (" + b.str() + ")}{1+(" + b.str() +
                               ")^2} + |" + a.str() + "|");
        const auto exact = gppo::ExactValue(p.tree, p.meter).real(at);
        const auto z = NumericValue(p.tree, p.meter, 64)(at);
        REQUIRE(exact);
        REQUIRE(z);
        CHECK(contains(z->re, *exact));
        CHECK(z->is_real());
    }
}

TEST_CASE("more precision gives a smaller ball around the same number", "[verify][numeric_value]") {
    Parsed p;
    const auto at = p.read("\\sqrt{\\pi} + e^{-\\sqrt{2}} \\ln 3");
    NumericValue rough(p.tree, p.meter, 64), fine(p.tree, p.meter, 512);
    const auto x = rough(at), y = fine(at);
    REQUIRE(x);
    REQUIRE(y);
    CHECK(relative_error(x->re) < -40);
    CHECK(relative_error(y->re) < -480);
    CHECK(gppo::BallArithmetic::may_be_zero(fine.math().real.minus(x->re, y->re)));
    CHECK(fine.extent() > 0);
}

TEST_CASE("undefined values and lists are nothing", "[verify][numeric_value]") {
    for (const char* text : {"\\frac{1}{\\pi-\\pi}", "\\ln 0", "x", "1, 2", "\\infty"}) {
        Parsed p;
        CHECK_FALSE(NumericValue(p.tree, p.meter, 128)(p.read(text)));
    }
}

TEST_CASE("what log means without a base is chosen", "[verify][numeric_value]") {
    Parsed p;
    const auto at = p.read("\\log e - 1");
    const auto ten = NumericValue(p.tree, p.meter, 128)(at);
    const auto natural = NumericValue(p.tree, p.meter, 128, {}, gppo::LogBase::e)(at);
    CHECK_FALSE(gppo::BallArithmetic::may_be_zero(ten->re));
    CHECK(contains(natural->re, 0));
}
