// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/text/stream_decoder.hpp>

#include <random>
#include <string>
#include <vector>

TEST_CASE("a character appears once all its bytes are there", "[text][stream_decoder]") {
    const auto tokenizer = gppo::Tokenizer::byte_level();
    gppo::StreamDecoder stream(tokenizer);
    CHECK(stream.push('a') == "a");
    CHECK(stream.push(0xF0) == "");
    CHECK(stream.push(0x9F) == "");
    CHECK(stream.push(0x98) == "");
    CHECK(stream.push(0x80) == "\U0001F600");
    CHECK(stream.push(0xC3) == "");
    CHECK(stream.push('z') == "\uFFFDz");
    CHECK(stream.push(0xE4) == "");
    CHECK(stream.finish() == "\uFFFD");
    CHECK(stream.finish() == "");
}

TEST_CASE("special tokens can be left out", "[text][stream_decoder]") {
    const auto tokenizer = gppo::Tokenizer::byte_level();
    gppo::StreamDecoder stream(tokenizer, true);
    CHECK(stream.push(*tokenizer.token_id("<|im_end|>")) == "");
    CHECK(stream.push(*tokenizer.token_id("<think>")) == "<think>");
}

TEST_CASE("the pieces are the text of the whole", "[text][stream_decoder]") {
    const unsigned seed = std::random_device{}();
    INFO("seed " << seed);
    std::mt19937 random(seed);
    const auto tokenizer = gppo::Tokenizer::byte_level();
    const unsigned char bytes[] = {'a',  0x80, 0xA0, 0xBF, 0xC3, 0xE0,
                                   0xED, 0xE4, 0xF0, 0xF4, 0x90, 0xFF};
    for (int round = 0; round < 2000; ++round) {
        std::vector<std::int32_t> ids;
        for (std::size_t n = random() % 20; n > 0; --n)
            ids.push_back(random() % 8 == 0 ? static_cast<std::int32_t>(random() % 300)
                                            : bytes[random() % std::size(bytes)]);
        gppo::StreamDecoder stream(tokenizer);
        std::string text;
        for (const std::int32_t id : ids) text += stream.push(id);
        text += stream.finish();
        REQUIRE(text == tokenizer.decode(ids));
    }
}
