// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/text/added_tokens.hpp>

#include <string>

namespace {

std::string split(const gppo::AddedTokens& tokens, std::string_view text) {
    std::string out;
    tokens.split(
        text, [&](std::string_view piece) { out += "(" + std::string(piece) + ")"; },
        [&](const gppo::AddedToken& token) { out += "[" + std::to_string(token.id) + "]"; });
    return out;
}

}  // namespace

TEST_CASE("added tokens are cut out leftmost first, longest of equals", "[text][added_tokens]") {
    const gppo::AddedTokens tokens(
        {{.id = 1, .content = "<a>"}, {.id = 2, .content = "<a><b>"}, {.id = 3, .content = "b><"}});
    CHECK(split(tokens, "x<a>y") == "(x)[1](y)");
    CHECK(split(tokens, "<a><b>") == "[2]");
    CHECK(split(tokens, "<a><a><b") == "[1][1](<b)");
    CHECK(split(tokens, "<b><a>") == "(<)[3](a>)");
    CHECK(split(tokens, "") == "");
    CHECK(split(tokens, "<a") == "(<a)");
}

TEST_CASE("without added tokens the text stays whole", "[text][added_tokens]") {
    CHECK(split(gppo::AddedTokens(), "<a>") == "(<a>)");
}
