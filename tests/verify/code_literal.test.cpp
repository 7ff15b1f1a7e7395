// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/verify/code_literal.hpp>

using namespace gppo;

namespace {

Json value(const char* text) {
    const auto read = python_literal(text);
    INFO(text);
    REQUIRE(read);
    return *read;
}

}  // namespace

TEST_CASE("Literals of Python are tagged values", "[verify][code_literal]") {
    CHECK(value("[1, -2, +3, None, True, 'a']") == Json::parse(R"([1,-2,3,null,true,"a"])"));
    CHECK(value("(1, 2)") == Json::parse(R"({"t":[1,2]})"));
    CHECK(value("(1)") == 1);
    CHECK(value("(1,)") == Json::parse(R"({"t":[1]})"));
    CHECK(value("{}") == Json::parse(R"({"d":[]})"));
    CHECK(value("{'a': 1, 2: [3]}") == Json::parse(R"({"d":[["a",1],[2,[3]]]})"));
    CHECK(value("{1, 2}") == Json::parse(R"({"s":[1,2]})"));
    CHECK(value("[1,  # one\n 2]") == Json::parse("[1,2]"));
    CHECK(value("1_000") == 1000);
    CHECK(value("1.5e-3") == 0.0015);
    CHECK(value("123456789012345678901") == Json::parse(R"({"i":"123456789012345678901"})"));
    CHECK(value("tree_node([1, None, 2, None])") == Json::parse(R"({"n":[1,null,2]})"));
    CHECK(value("list_node([])").is_null());
}

TEST_CASE("Texts keep their escapes", "[verify][code_literal]") {
    CHECK(value(R"('a\n\t\'\x41\u00e9')") == "a\n\t'A\u00e9");
    CHECK(value(R"("a" 'b')") == "ab");
    CHECK(value("'''a\nb'''") == "a\nb");
    CHECK_FALSE(python_literal(R"('\ud800')").has_value());
    CHECK_FALSE(python_literal(R"('\101')").has_value());
    CHECK_FALSE(python_literal("'open").has_value());
}

TEST_CASE("What is not a literal is refused", "[verify][code_literal]") {
    for (const char* text :
         {"",      "x",     "1 + 1",        "f(1)", "[1",   "[1 2]", "{1: 2, 3}",      "{1, 1}",
          "0x10",  "012",   "1j",           "r'a'", "f'a'", "b'a'",  "[x for x in y]", "1 2",
          "not 1", "1.2.3", "float('inf')", "-"})
        CHECK_FALSE(python_literal(text).has_value());
    CHECK_FALSE(python_literal(std::string(1000, '[') + std::string(1000, ']')).has_value());
}
