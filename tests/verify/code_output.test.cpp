// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/verify/code_output.hpp>

using namespace gppo;

TEST_CASE("Each rule accepts what the stricter ones accept", "[verify][code_output]") {
    struct Row {
        const char *answer, *expected;
        bool exact, whitespace, decimal, tolerance;
    };
    for (const Row& row :
         {Row{"1 2\n", "1 2\n", true, true, true, true},
          Row{"1 2", "1 2\n", false, true, true, true},
          Row{" 1 2 \r\n\n", "1 2", false, true, true, true},
          Row{"1\n\n2", "1\n2", false, false, false, true},
          Row{"1.50", "1.5", false, false, true, true},
          Row{"15e-1", "1.5", false, false, true, true},
          Row{"1.5000001", "1.5", false, false, false, true},
          Row{"1.501", "1.5", false, false, false, false},
          Row{"2.0", "2", false, false, true, true},
          Row{"100000001", "100000000", false, false, false, false},
          Row{"yes", "YES", false, false, false, false},
          Row{"1 2", "1  2", false, false, true, true},
          Row{"a b", "a  b", false, false, false, true},
          Row{"1 2 3", "1 2", false, false, false, false}, Row{"", "0", false, false, false, false},
          Row{"nan", "1.5", false, false, false, false},
          Row{"inf", "1.5", false, false, false, false}}) {
        INFO(row.answer << " for " << row.expected);
        CHECK(same_output(row.answer, row.expected, OutputRule::exact) == row.exact);
        CHECK(same_output(row.answer, row.expected, OutputRule::whitespace) == row.whitespace);
        CHECK(same_output(row.answer, row.expected, OutputRule::decimal) == row.decimal);
        CHECK(same_output(row.answer, row.expected, OutputRule::tolerance) == row.tolerance);
    }
}

TEST_CASE("Decimals are compared exactly, however long", "[verify][code_output]") {
    CHECK(decimal_text("-0.10") == decimal_text("-1e-1"));
    CHECK(decimal_text("-0") == decimal_text("0.00"));
    CHECK(decimal_text("12345678901234567890.1") != decimal_text("12345678901234567890.2"));
    for (const char* word : {"", "-", ".", "1e", "e5", "1e9999999999", "0x10", "1,5", "1.2.3"})
        CHECK_FALSE(decimal_text(word).has_value());
}

TEST_CASE("Rules have names", "[verify][code_output]") {
    CHECK(output_rule("tolerance") == OutputRule::tolerance);
    CHECK_FALSE(output_rule("fuzzy").has_value());
}
