// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/text/tokenizer_presets.hpp>

#include <nlohmann/json.hpp>

TEST_CASE("the alphabet's distinct bytes come first, the chat tokens after them",
          "[text][tokenizer_presets]") {
    const auto json = nlohmann::json::parse(gppo::characters_json("ab a\n"));
    const nlohmann::json vocab = {{"a", 0}, {"b", 1}, {"\u0120", 2}, {"\u010A", 3}};
    CHECK(json["model"]["vocab"] == vocab);
    REQUIRE(json["added_tokens"].size() == 5);
    CHECK(json["added_tokens"][0]["id"] == 4);
    CHECK(json["added_tokens"][2]["content"] == "<|im_end|>");
    CHECK(json["added_tokens"][2]["special"] == true);
    CHECK(json["added_tokens"][4]["content"] == "</think>");
    CHECK(json["added_tokens"][4]["special"] == false);
}

TEST_CASE("the byte tokenizer has every byte", "[text][tokenizer_presets]") {
    CHECK(nlohmann::json::parse(gppo::byte_level_json())["model"]["vocab"].size() == 256);
    CHECK_THROWS_WITH(gppo::characters_json(""), Catch::Contains("alphabet"));
}
