// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/verify/boxed.hpp>

#include <chrono>
#include <string>

using gppo::boxed_answer;

TEST_CASE("the last balanced box after the last </think> is the answer", "[verify][boxed]") {
    CHECK(boxed_answer("\\boxed{5}") == "5");
    CHECK(boxed_answer("so $\\boxed{ \\frac{1}{2} }$.") == "\\frac{1}{2}");
    CHECK(boxed_answer("\\boxed{1} no, \\boxed{2}") == "2");
    CHECK(boxed_answer("\\fbox{7}") == "7");
    CHECK(boxed_answer("\\boxed {7}") == "7");
    CHECK(boxed_answer("\\boxed 7 apples") == "7");
    CHECK(boxed_answer("$\\boxed 7$") == "7");
    CHECK(boxed_answer("\\boxed{\\boxed{5}}") == "\\boxed{5}");
    CHECK(boxed_answer("\\boxed{x = \\fbox{3} + 1}") == "x = \\fbox{3} + 1");
    CHECK(boxed_answer("\\boxed{\\{1, 2\\}}") == "\\{1, 2\\}");
    CHECK(boxed_answer("\\boxed{[1, 2\\}}") == "[1, 2\\}");
    CHECK(boxed_answer("a { stray brace, \\boxed{5}") == "5");
    CHECK(boxed_answer("a } stray brace, \\boxed{5}") == "5");
    CHECK(boxed_answer("write it in \\boxed{ so: \\boxed{5}") == "5");
    CHECK(boxed_answer("<think>\\boxed{1}</think> \\boxed{2}") == "2");
    CHECK(boxed_answer("<think>a</think>\\boxed{1}<think>b</think>\\boxed{2}") == "2");
    CHECK(boxed_answer("a</think>\\boxed{}") == "");
}

TEST_CASE("no box, a cut-off box or a box inside the thinking is no answer", "[verify][boxed]") {
    CHECK_FALSE(boxed_answer(""));
    CHECK_FALSE(boxed_answer("5"));
    CHECK_FALSE(boxed_answer("\\boxed{5"));
    CHECK_FALSE(boxed_answer("\\boxed{\\frac{1}{2}"));
    CHECK_FALSE(boxed_answer("\\boxed{5} or \\boxed{6"));
    CHECK_FALSE(boxed_answer("\\boxed{5} or \\boxed"));
    CHECK_FALSE(boxed_answer("<think>\\boxed{1}</think> done"));
    CHECK_FALSE(boxed_answer("<think>\\boxed{1}"));
    CHECK_FALSE(boxed_answer("\\boxed{1}</think>"));
    CHECK_FALSE(boxed_answer("boxed{5}"));
    CHECK_FALSE(boxed_answer("\\boxedx{5}"));
    CHECK_FALSE(boxed_answer("\\\\boxed\\{5\\}"));
}

TEST_CASE("GSM8K solutions end in ####", "[verify][boxed]") {
    CHECK(gppo::gsm8k_answer("48/2 = 24\n#### 72") == "72");
    CHECK(gppo::gsm8k_answer("#### 1\n#### 1,000 \nbye") == "1,000");
    CHECK_FALSE(gppo::gsm8k_answer("72"));
}

TEST_CASE("hostile text is read in linear time", "[verify][boxed]") {
    const auto start = std::chrono::steady_clock::now();
    for (const std::string_view piece :
         {"{", "}", "\\boxed{", "\\boxed{}", "\\boxed ", "\\", "<think>"}) {
        std::string text;
        for (int i = 0; i < 200'000; ++i) text += piece;
        (void)boxed_answer(text);
    }
    CHECK(boxed_answer(std::string("\\boxed{a\0b}", 11)) == std::string("a\0b", 3));
    CHECK(boxed_answer("\\boxed{\xff\xfe}") == "\xff\xfe");
    CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(2));
}
