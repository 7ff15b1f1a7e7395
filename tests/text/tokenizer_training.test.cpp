// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/text/tokenizer.hpp>
#include <gppo/text/tokenizer_training.hpp>

#include <string>

TEST_CASE("a trained tokenizer shortens the text it was trained on", "[text][tokenizer_training]") {
    gppo::TokenizerTraining training;
    const std::string text = "The answer is 12, the answer is always 12.\n";
    for (int i = 0; i < 3; ++i) training.add(text);
    const auto tokenizer = gppo::Tokenizer::from_json(training.json({.vocab_size = 279}));
    CHECK(tokenizer.vocab_size() == 279);
    const auto ids = tokenizer.encode(text + "<|im_end|>");
    CHECK(ids.size() < text.size() / 2);
    CHECK(ids.back() == tokenizer.token_id("<|im_end|>"));
    CHECK(tokenizer.decode(ids) == text + "<|im_end|>");
    CHECK(tokenizer.token_id("Ġanswer").has_value());
    CHECK_FALSE(tokenizer.token_id("12").has_value());  // digits stay single, as Qwen's do
    CHECK(tokenizer.encode("12") == tokenizer.encode(std::string("1") + "2"));
    CHECK(tokenizer.decode(tokenizer.encode("\x01 中文 é")) == "\x01 中文 é");
}

TEST_CASE("the order of the texts does not matter", "[text][tokenizer_training]") {
    gppo::TokenizerTraining there, back;
    const std::string a = "one two three two one", b = "ein zwei drei zwei eins \xFF";
    there.add(a), there.add(b);
    back.add(b), back.add(a);
    CHECK(there.json({.vocab_size = 290}) == back.json({.vocab_size = 290}));
}

TEST_CASE("a vocabulary that cannot hold all bytes is refused", "[text][tokenizer_training]") {
    CHECK_THROWS_WITH(gppo::TokenizerTraining().json({.vocab_size = 260}),
                      Catch::Contains("at least 261"));
    // No text at all: the bytes and the chat tokens.
    const auto tokenizer = gppo::Tokenizer::from_json(gppo::TokenizerTraining().json());
    CHECK(tokenizer.vocab_size() == 261);
}
