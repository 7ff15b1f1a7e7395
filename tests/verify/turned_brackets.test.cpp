// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/verify/turned_brackets.hpp>

#include <string>

namespace {

std::string turned(std::string_view text) {
    auto tokens = gppo::answer_tokens(text);
    gppo::turn_brackets(tokens);
    std::string result;
    for (const auto& token : tokens) result += token.value;
    return result;
}

}  // namespace

TEST_CASE("turned brackets are open ends", "[verify][turned_brackets]") {
    CHECK(turned("]1,2[") == "(1,2)");
    CHECK(turned("[1,2[") == "[1,2)");
    CHECK(turned("]1,2]") == "(1,2]");
    CHECK(turned("]-1,2[ \\cup ]3,4]") == "(-1,2)cup(3,4]");
    CHECK(turned("x \\in ]1,2[") == "xin(1,2)");
}

TEST_CASE("other brackets stay as they are", "[verify][turned_brackets]") {
    for (const char* text :
         {"[1,2]", "(1,2]", "[[1,2],[3,4]]", "2[x+1]", "[1,2]cup[3,4]", "]", "["})
        CHECK(turned(text) == text);
}
