// SPDX-License-Identifier: Apache-2.0
#include "verify/balls.hpp"
#include "verify/parsed.hpp"

#include <gppo/verify/numeric_functions.hpp>

#include <string>

using gppo::NumericValue;
using gppo::Point;

namespace {

/// The difference of two functions of x at some points: whether it may be zero at all of them.
bool agree(const std::string& f, const std::string& g) {
    Parsed p;
    const auto at = p.read("(" + f + ")-(" + g + ")");
    int defined = 0;
    for (std::uint64_t k = 0; k < 8; ++k) {
        const auto z = NumericValue(p.tree, p.meter, 128, Point{Point::Kind::unit, k, {}})(at);
        if (!z) continue;
        ++defined;
        if (!gppo::BallArithmetic::may_be_zero(z->re)) return false;
        if (!gppo::BallArithmetic::may_be_zero(z->im)) return false;
    }
    return defined > 3;
}

}  // namespace

TEST_CASE("functions by name keep the identities that define them", "[verify][numeric_functions]") {
    CHECK(agree("\\tan x", "\\frac{\\sin x}{\\cos x}"));
    CHECK(agree("\\cot x", "\\frac{\\cos x}{\\sin x}"));
    CHECK(agree("\\sec x", "\\frac{1}{\\cos x}"));
    CHECK(agree("\\csc x", "\\frac{1}{\\sin x}"));
    CHECK(agree("\\arcsin(\\sin x)", "x"));
    CHECK(agree("\\arccos(\\cos x)", "x"));
    CHECK(agree("\\arctan(\\tan x)", "x"));
    CHECK(agree("\\text{arccot} x", "\\frac{\\pi}{2}-\\arctan x"));
    CHECK(agree("\\sinh x", "\\frac{e^x-e^{-x}}{2}"));
    CHECK(agree("\\cosh^2 x - \\sinh^2 x", "1"));
    CHECK(agree("\\tanh x", "\\frac{e^{2x}-1}{e^{2x}+1}"));
    CHECK(agree("\\coth x", "\\frac{1}{\\tanh x}"));
    CHECK(agree("\\exp(x)", "e^x"));
    CHECK(agree("\\log_3 x", "\\frac{\\ln x}{\\ln 3}"));
    CHECK(agree("\\lg x", "\\log_{10} x"));
    CHECK(agree("\\text{cbrt}(x)", "\\sqrt[3]{x}"));
    CHECK(agree("|x-1|", "1-x"));
    CHECK(agree("\\max(x, 2)", "2"));
    CHECK(agree("\\lfloor x \\rfloor", "0"));
    CHECK(agree("\\lceil x \\rceil", "1"));
    CHECK(agree("\\sum_{k=0}^{5} x^k", "\\frac{1-x^6}{1-x}"));
    CHECK(agree("\\sin(x+i)", "\\sin x \\cos i + \\cos x \\sin i"));
}

TEST_CASE("other functions are told apart", "[verify][numeric_functions]") {
    CHECK_FALSE(agree("\\tan x", "\\cot x"));
    CHECK_FALSE(agree("\\arcsin x", "\\arccos x"));
    CHECK_FALSE(agree("\\sinh x", "\\cosh x"));
    CHECK_FALSE(agree("\\log_2 x", "\\log_3 x"));
    CHECK_FALSE(agree("\\sum_{k=0}^{5} x^k", "\\sum_{k=1}^{5} x^k"));
}

TEST_CASE("an unknown function is one function of its argument", "[verify][numeric_functions]") {
    CHECK(agree("f(4-x)", "f(-x+4)"));
    CHECK(agree("f(x)+g(x)", "g(x)+f(x)"));
    CHECK_FALSE(agree("f(x)", "g(x)"));
    CHECK_FALSE(agree("f(x)", "f(2x)"));
    CHECK_FALSE(agree("f(x)", "f(-x)"));
}

TEST_CASE("a step at its own jump is undecided", "[verify][numeric_functions]") {
    Parsed p;
    const auto at = p.read("\\lfloor \\sqrt{2}^2 \\rfloor");
    CHECK_FALSE(NumericValue(p.tree, p.meter, 128)(at));
    const auto beside = p.read("\\lfloor \\sqrt{2}^2 - 10^{-9} \\rfloor");
    const auto z = NumericValue(p.tree, p.meter, 128)(beside);
    REQUIRE(z);
    CHECK(contains(z->re, 1));
}
