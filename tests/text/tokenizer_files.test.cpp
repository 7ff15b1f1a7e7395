// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/text/tokenizer_files.hpp>

#include <nlohmann/json.hpp>

TEST_CASE("a model directory gets the tokenizer, its settings and the template",
          "[text][tokenizer_files]") {
    const auto tokenizer = gppo::Tokenizer::characters("0123");
    const auto files = gppo::tokenizer_files(tokenizer, {.max_length = 128});
    REQUIRE(files.size() == 3);
    CHECK(files[0].name == "tokenizer.json");
    CHECK(files[0].head == tokenizer.to_json());
    CHECK(files[1].name == "tokenizer_config.json");
    const auto config = nlohmann::json::parse(files[1].head);
    CHECK(config["eos_token"] == "<|im_end|>");
    CHECK(config["pad_token"] == "<|endoftext|>");
    CHECK(config["model_max_length"] == 128);
    CHECK(config["clean_up_tokenization_spaces"] == false);
    CHECK(config["chat_template"] == gppo::qwen3_chat_template_jinja());
    CHECK(files[2].name == "chat_template.jinja");
    CHECK(files[2].head == gppo::qwen3_chat_template_jinja());
}

TEST_CASE("an end token that the tokenizer lacks is an error", "[text][tokenizer_files]") {
    CHECK_THROWS_WITH(gppo::tokenizer_files(gppo::Tokenizer::byte_level(), {.end = "</s>"}),
                      Catch::Contains("no token '</s>'"));
}
