// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/verify/exact_number.hpp>

#include <optional>
#include <string>

using gppo::Rational;

namespace {

std::optional<Rational> value(const std::string& text, bool* out_of_budget = nullptr) {
    const auto tokens = gppo::answer_tokens(text);
    std::size_t spent = 0;
    gppo::ExactParser parser(tokens, {}, spent);
    const auto result = parser.value();
    if (out_of_budget) *out_of_budget = parser.out_of_budget();
    return result && parser.used() == tokens.size() ? result : std::nullopt;
}

}  // namespace

TEST_CASE("values are exact", "[verify][exact_number]") {
    CHECK(value("0.1") == Rational(1, 10));
    CHECK(value("-2\\frac{1}{3}") == Rational(-7, 3));
    CHECK(value("7 3/4") == Rational(31, 4));
    CHECK(value("1 - 2/3*6") == Rational(-3));
    CHECK(value("-3^2") == Rational(-9));
    CHECK(value("(-3)^2") == Rational(9));
    CHECK(value("(2/3)^{-2}") == Rational(9, 4));
    CHECK(value("010") == Rational(10));
    CHECK(value("0.08") == Rational(2, 25));
    CHECK(value("1.2e-2") == Rational(3, 250));
    CHECK(value("0.1\\overline{6}") == Rational(1, 6));
    CHECK(value("0.\\overline{142857}") == Rational(1, 7));
    CHECK(value("\\sqrt{0.25}") == Rational(1, 2));
    CHECK(value("\\frac{\\frac12}{3}") == Rational(1, 6));
    CHECK(value("6!/4!") == Rational(30));
    CHECK(value("2(3)(4)") == Rational(24));
}

TEST_CASE("what is not a rational has no value", "[verify][exact_number]") {
    for (const char* text :
         {"", "x", "1/0", "0^0", "0^{-1}", "\\sqrt{2}", "2^{1/2}", "1..2", "(1", "1)", "--1", "1+",
          "*2", "2 3", "\\frac{1}", "(-1)!", "0.5!", "1.5 1/2"})
        CHECK_FALSE(value(text));
}

TEST_CASE("cost is refused before it is paid", "[verify][exact_number]") {
    for (const char* text : {"2^{99999}", "9^{9^{9}}", "1e99999", "2000!", "10^{-99999}"}) {
        bool out_of_budget = false;
        CHECK_FALSE(value(text, &out_of_budget));
        CHECK(out_of_budget);
    }
    CHECK(value("2^{4950}"));
}
