// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/text/pre_tokenizer.hpp>

#include <string>

namespace {

std::string words(std::string_view pattern, std::string_view text) {
    std::string out;
    gppo::PreTokenizer(pattern).split(
        text, [&](std::string_view word) { out += std::string(word) + "|"; });
    return out;
}

std::string qwen(std::string_view text) {
    return words(gppo::qwen2_pattern, text);
}

}  // namespace

TEST_CASE("words, digits and punctuation part as Qwen's regex says", "[text][pre_tokenizer]") {
    CHECK(qwen("Hello world 123") == "Hello| world| |1|2|3|");
    CHECK(qwen("f(x)=y;\n\n") == "f|(x|)=|y|;\n\n|");
    CHECK(qwen("\tfoo  bar") == "\tfoo| | bar|");
    CHECK(qwen("a,b .c") == "a|,b| .|c|");
    CHECK(qwen("\u00BDx") == "\u00BD|x|");
    CHECK(qwen("") == "");
}

TEST_CASE("contractions part in either case", "[text][pre_tokenizer]") {
    CHECK(qwen("don't WE'LL it'S x'v") == "don|'t| WE|'LL| it|'S| x|'v|");
    CHECK(qwen("'re've'll'd'm'q") == "'re|'ve|'ll|'d|'m|'q|");
    CHECK(qwen("'\u017F") == "'\u017F|");
    CHECK(qwen("'stop") == "'s|top|");
    CHECK(qwen("'") == "'|");
}

TEST_CASE("white space leaves its last character to the next word", "[text][pre_tokenizer]") {
    CHECK(qwen("a   b") == "a|  | b|");
    CHECK(qwen("a   ") == "a|   |");
    CHECK(qwen("a \n \n  b") == "a| \n \n| | b|");
    CHECK(qwen("a\r\n\r\nb") == "a|\r\n\r\n|b|");
    CHECK(qwen("  1") == " | |1|");
    CHECK(qwen("\u3000\u3000x") == "\u3000|\u3000x|");
    CHECK(qwen(" \u00A0.") == " |\u00A0|.|");
}

TEST_CASE("the other known patterns differ in digits and marks", "[text][pre_tokenizer]") {
    CHECK(words(gppo::llama3_pattern, "12345 6") == "123|45| |6|");
    CHECK(qwen("e\u0301a") == "e|\u0301a|");
    CHECK(words(gppo::qwen35_pattern, "e\u0301a 12") == "e\u0301a| |1|2|");
    CHECK(words(gppo::qwen35_pattern, "\u0301!") == "\u0301|!|");
}

TEST_CASE("without a pattern the text is one word", "[text][pre_tokenizer]") {
    CHECK(words("", "a b\n1") == "a b\n1|");
}

TEST_CASE("an unknown pattern is refused by name", "[text][pre_tokenizer]") {
    CHECK_THROWS_WITH(
        gppo::PreTokenizer("\\w+", "dir/tokenizer.json"),
        Catch::Contains("dir/tokenizer.json: pre_tokenizer pattern \"\\\\w+\" is unknown"));
    CHECK_THROWS_WITH(gppo::PreTokenizer("a\nb", "x"), Catch::Contains("pattern \"a\\nb\" is"));
}
