// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/text/tokenizer.hpp>

#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <vector>

namespace {

using Ids = std::vector<std::int32_t>;

}  // namespace

TEST_CASE("the byte tokenizer gives bytes their own values and five tokens after them",
          "[text][tokenizer]") {
    const auto tokenizer = gppo::Tokenizer::byte_level();
    CHECK(tokenizer.vocab_size() == 261);
    CHECK(tokenizer.encode("2+2") == Ids{'2', '+', '2'});
    CHECK(tokenizer.encode("<|im_start|>\u00E9<think></think><|im_end|><|endoftext|>") ==
          Ids{257, 0xC3, 0xA9, 259, 260, 258, 256});
    CHECK(tokenizer.token_id("<|im_end|>") == 258);
    CHECK(tokenizer.token_id("\u0120") == ' ');
    CHECK_FALSE(tokenizer.token_id("<tool_call>").has_value());
    CHECK(tokenizer.is_special(258));
    CHECK_FALSE(tokenizer.is_special(259));
    CHECK_FALSE(tokenizer.is_special(-1));
}

TEST_CASE("decoding inverts encoding of well-formed text", "[text][tokenizer]") {
    const unsigned seed = std::random_device{}();
    INFO("seed " << seed);
    std::mt19937 random(seed);
    const auto tokenizer = gppo::Tokenizer::byte_level();
    for (int round = 0; round < 500; ++round) {
        std::string text;
        for (std::size_t n = random() % 30; n > 0; --n) {
            const auto c = static_cast<char32_t>(random() % (random() % 2 ? 0x80 : 0x110000));
            if (c < 0xD800 || c > 0xDFFF) gppo::append_utf8(text, c);
            if (random() % 9 == 0) text += gppo::chat_tokens[random() % 5];
        }
        REQUIRE(tokenizer.decode(tokenizer.encode(text)) == text);
    }
}

TEST_CASE("special tokens are left out on request, thinking tags stay", "[text][tokenizer]") {
    const auto tokenizer = gppo::Tokenizer::byte_level();
    const Ids ids = tokenizer.encode("<|im_start|>a<think>b</think>c<|im_end|>");
    CHECK(tokenizer.decode(ids, true) == "a<think>b</think>c");
    CHECK(tokenizer.decode(ids) == "<|im_start|>a<think>b</think>c<|im_end|>");
}

TEST_CASE("broken bytes and unknown ids read as U+FFFD", "[text][tokenizer]") {
    const auto tokenizer = gppo::Tokenizer::byte_level();
    CHECK(tokenizer.encode("a\xFFz") == Ids{'a', 0xEF, 0xBF, 0xBD, 'z'});
    CHECK(tokenizer.decode(Ids{'a', 0xE4, 'z'}) == "a\uFFFDz");
    CHECK(tokenizer.decode(Ids{'a', 261, -1, 2000000000}) == "a\uFFFD\uFFFD\uFFFD");
}

TEST_CASE("a character tokenizer is as small as its alphabet", "[text][tokenizer]") {
    const auto tokenizer = gppo::Tokenizer::characters("0123456789+= ");
    CHECK(tokenizer.vocab_size() == 18);
    CHECK(tokenizer.encode("1 + 2<|im_end|>") == Ids{1, 12, 10, 12, 2, 15});
    CHECK(tokenizer.decode(Ids{1, 12, 10}) == "1 +");
    CHECK_THROWS_WITH(tokenizer.encode("1-2"), Catch::Contains("0x2d '-'"));
}

TEST_CASE("what is written is read back as it was", "[text][tokenizer]") {
    const auto tokenizer = gppo::Tokenizer::byte_level();
    const auto again = gppo::Tokenizer::from_json(tokenizer.to_json());
    CHECK(again.to_json() == tokenizer.to_json());
    CHECK(again.encode("x<think>\u00E9") == tokenizer.encode("x<think>\u00E9"));
}

TEST_CASE("added tokens may also be looked for after normalisation", "[text][tokenizer]") {
    auto json = nlohmann::json::parse(gppo::byte_level_json());
    json["normalizer"] = {{"type", "NFC"}};
    json["added_tokens"].push_back({{"id", 261}, {"content", "\u017C"}, {"normalized", true}});
    json["added_tokens"].push_back({{"id", 262}, {"content", "\u017A"}, {"normalized", false}});
    const auto tokenizer = gppo::Tokenizer::from_json(json.dump());
    CHECK(tokenizer.encode("z\u0307") == Ids{261});
    CHECK(tokenizer.encode("z\u0301") == Ids{0xC5, 0xBA});
    CHECK(tokenizer.encode("\u017A") == Ids{262});
}

TEST_CASE("words in the vocabulary are taken whole where the file says so", "[text][tokenizer]") {
    auto json = nlohmann::json::parse(gppo::characters_json("abc"));
    json["model"]["vocab"]["abc"] = 8;
    CHECK(gppo::Tokenizer::from_json(json.dump()).encode("abc") == Ids{0, 1, 2});
    json["model"]["ignore_merges"] = true;
    CHECK(gppo::Tokenizer::from_json(json.dump()).encode("abc") == Ids{8});
    CHECK(gppo::Tokenizer::from_json(json.dump()).encode("abcc") == Ids{0, 1, 2, 2});
}

TEST_CASE("a missing file is an error that names it", "[text][tokenizer]") {
    CHECK_THROWS_WITH(gppo::Tokenizer::from_file("no/such/tokenizer.json"),
                      Catch::Contains("no/such/tokenizer.json"));
}
