// SPDX-License-Identifier: Apache-2.0
#include "verify/parsed.hpp"

#include <gppo/verify/exact_value.hpp>

using gppo::ExactValue;
using gppo::Gaussian;
using gppo::Rational;

namespace {

std::optional<Gaussian> value_of(std::string_view text) {
    Parsed p;
    return ExactValue(p.tree, p.meter)(p.read(text));
}
std::string shown(const std::optional<Gaussian>& x) {
    if (!x) return "-";
    return x->is_real() ? x->re.str() : x->re.str() + " + " + x->im.str() + " i";
}

}  // namespace

TEST_CASE("values that are rational are found exactly", "[verify][exact_value]") {
    CHECK(shown(value_of("1/3+1/6")) == "1/2");
    CHECK(shown(value_of("2^{-3}")) == "1/8");
    CHECK(shown(value_of("\\sqrt{\\frac{4}{9}}")) == "2/3");
    CHECK(shown(value_of("\\sqrt[3]{-27}")) == "-3");
    CHECK(shown(value_of("8^{2/3}")) == "4");
    CHECK(shown(value_of("(1+i)^4")) == "-4");
    CHECK(shown(value_of("\\sqrt{-9}")) == "0 + 3 i");
    CHECK(shown(value_of("|3+4i|")) == "5");
    CHECK(shown(value_of("\\frac{1}{1+i}")) == "1/2 + -1/2 i");
    CHECK(shown(value_of("\\lfloor -3.5 \\rfloor + \\lceil 3.2 \\rceil")) == "0");
    CHECK(shown(value_of("\\gcd(12, 18) + \\text{lcm}(4, 6)")) == "18");
    CHECK(shown(value_of("\\binom{10}{3}")) == "120");
    CHECK(shown(value_of("\\sum_{k=1}^{100} k")) == "5050");
    CHECK(shown(value_of("\\prod_{k=1}^{5} k")) == "120");
    CHECK(shown(value_of("7!!")) == "105");
    CHECK(shown(value_of("17 \\bmod 5")) == "2");
    CHECK(shown(value_of("(-1) \\bmod 5")) == "4");
    CHECK(shown(value_of("50\\%")) == "1/2");
    CHECK(shown(value_of("\\max(1, 3, 2)")) == "3");
}

TEST_CASE("irrational values and unknowns have no exact value", "[verify][exact_value]") {
    for (const char* text : {"\\sqrt{2}", "\\pi", "e", "x", "\\sin 1", "2^{1/2}", "\\ln 2"})
        CHECK_FALSE(value_of(text));
}

TEST_CASE("a division by zero is told from a value that is not rational", "[verify][exact_value]") {
    const auto undefined = [](std::string_view text) {
        Parsed p;
        ExactValue value(p.tree, p.meter);
        CHECK_FALSE(value(p.read(text)));
        return value.undefined();
    };
    CHECK(undefined("1/0"));
    CHECK(undefined("0^0"));
    CHECK(undefined("0^{-1}"));
    CHECK_FALSE(undefined("\\sqrt{2}"));
}

TEST_CASE("a polynomial at a point is the same by Horner's rule", "[verify][exact_value]") {
    const gppo::Philox random{41};
    for (std::uint64_t i = 0; i < 200; ++i) {
        Parsed p;
        const Rational x = random_fraction(random, i, 0);
        gppo::Point point;
        point.bound.emplace_back(gppo::name_hash("x"), x);
        const auto at = p.read("3x^3 - \\frac{x^2}{7} + 2(x-5) - 1");
        const auto value = ExactValue(p.tree, p.meter, point).real(at);
        REQUIRE(value);
        REQUIRE(*value == ((3 * x - Rational(1, 7)) * x + 2) * x - 11);
    }
}
