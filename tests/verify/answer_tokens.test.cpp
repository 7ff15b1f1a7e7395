// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/verify/answer_tokens.hpp>

#include <string>

namespace {

std::string joined(std::string_view text, bool thousands = true) {
    std::string result;
    for (const auto& token : gppo::answer_tokens(text, thousands)) {
        if (!result.empty()) result += '|';
        result += token.value;
    }
    return result;
}

}  // namespace

TEST_CASE("notation disappears in the tokens", "[verify][answer_tokens]") {
    CHECK(joined("\\dfrac12") == "frac|1|2");
    CHECK(joined("\\frac{1}{2}") == "frac|1|2");
    CHECK(joined("\\frac{12}{3}") == "frac|12|3");
    CHECK(joined("\\frac1{23}") == "frac|1|23");
    CHECK(joined("\\sqrt3") == "sqrt|3");
    CHECK(joined("x^{2}") == joined("x ^ 2"));
    CHECK(joined("$\\left( 1, 2 \\right)$.") == "(|1|,|2|)");
    CHECK(joined("\\text{two words}") == "two|words");
    CHECK(joined("\\$1{,}234.50\\%") == "dollar|1234.50|%");
    CHECK(joined("1\\,234\\,567") == "1234567");
    CHECK(joined("−5") == "-|5");
    CHECK(joined("30^{\\circ}") == "30|^|degree");
    CHECK(joined("\\{1\\}") == "\\{|1|\\}");
    CHECK(joined("1.5e-3") == "1.5e-3");
    CHECK(joined("x²≤½") == "x|^|2|<=|1|/|2");
    CHECK(joined("a \\neq b\\quadx") == "a|!=|b|x");
    CHECK(joined("\\begin{pmatrix}1\\\\2\\end{pmatrix}") == "begin|pmatrix|1|\\\\|2|end|pmatrix");
    CHECK(joined("1 \\\\frac12") == "1|frac|1|2");
    CHECK(joined("0.333...") == "0.333|...");
}

TEST_CASE("a comma before three digits is one number outside brackets", "[verify][answer_tokens]") {
    CHECK(joined("1,234,567") == "1234567");
    CHECK(joined("1,234", false) == "1|,|234");
    CHECK(joined("(1,234)") == "(|1|,|234|)");
    CHECK(joined("1,2345") == "1|,|2345");
    CHECK(joined("1, 234") == "1|,|234");
    CHECK(joined("0,123") == "0|,|123");
    CHECK(joined("1234,567") == "1234|,|567");
}
