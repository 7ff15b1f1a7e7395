// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/text/tokenizer.hpp>
#include <gppo/text/tokenizer_json.hpp>

#include <nlohmann/json.hpp>

#include <random>
#include <string>

namespace {

using Json = nlohmann::json;

/// A small file with everything in it.
Json sample() {
    return Json::parse(R"({
        "version": "1.0", "truncation": null, "padding": null,
        "added_tokens": [{"id": 5, "content": "<e>", "special": true, "normalized": false}],
        "normalizer": {"type": "NFC"},
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": [
            {"type": "Split", "pattern": {"Regex": "P"}, "behavior": "Isolated", "invert": false},
            {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": false, "use_regex": false}]},
        "post_processor": null,
        "decoder": {"type": "ByteLevel"},
        "model": {"type": "BPE", "dropout": null, "unk_token": null, "continuing_subword_prefix": "",
                  "end_of_word_suffix": "", "byte_fallback": false, "ignore_merges": false,
                  "vocab": {"a": 0, "b": 1, "c": 2, "ab": 3, "abc": 4}, "merges": ["a b", ["ab", "c"]]}})");
}

Json working() {
    Json json = sample();
    json["pre_tokenizer"]["pretokenizers"][0]["pattern"]["Regex"] = gppo::qwen2_pattern;
    return json;
}

/// What the reader says about the sample with the value at `pointer` replaced.
std::string complaint(const char* pointer, const Json& value) {
    Json json = working();
    json[Json::json_pointer(pointer)] = value;
    try {
        gppo::Tokenizer::from_json(json.dump(), "t.json");
        return "accepted";
    } catch (const gppo::Error& error) {
        return error.what();
    }
}

}  // namespace

TEST_CASE("merges are read in both spellings", "[text][tokenizer_json]") {
    const gppo::TokenizerSpec spec = gppo::read_tokenizer_json(sample().dump(), "t.json");
    REQUIRE(spec.merges.size() == 2);
    CHECK(spec.merges[0] == std::pair<std::string, std::string>("a", "b"));
    CHECK(spec.merges[1] == std::pair<std::string, std::string>("ab", "c"));
    CHECK(spec.pattern == "P");
    CHECK(spec.nfc);
    CHECK(spec.added.at(0).special);
    CHECK(gppo::Tokenizer::from_json(working().dump()).encode("abcab") ==
          std::vector<std::int32_t>{4, 3});
}

TEST_CASE("wrong values are named by path and field", "[text][tokenizer_json]") {
    const auto says = [](const char* text) { return Catch::Contains(text); };
    CHECK_THAT(complaint("/model/vocab/a", "0"),
               says("t.json: model.vocab[\"a\"] must be a whole number"));
    CHECK_THAT(complaint("/model/vocab/a", -1), says("is -1, outside [0, 4194304)"));
    CHECK_THAT(complaint("/model/vocab/a", 1.5), says("must be a whole number"));
    CHECK_THAT(complaint("/model/vocab/a", 18446744073709551615u), says("outside"));
    CHECK_THAT(complaint("/model/vocab/a", 4194304), says("outside"));
    CHECK_THAT(complaint("/model/vocab/a", 1),
               says("t.json: model.vocab has two tokens with id 1"));
    CHECK_THAT(complaint("/model/vocab", Json::array()),
               says("t.json: model.vocab must be an object"));
    CHECK_THAT(complaint("/model/merges", nullptr), says("t.json: model.merges is missing"));
    CHECK_THAT(complaint("/model/merges/0", "a z"), says("model.merges[0] needs the token \"z\""));
    CHECK_THAT(complaint("/model/merges/0", "b c"), says("needs the token \"bc\""));
    // Found by fuzzing: what a file holds must not break the line of an error.
    CHECK_THAT(complaint("/model/merges/0", "a \nz"), says("needs the token \"\\nz\""));
    CHECK_THAT(complaint("/model/merges/0", "ab"),
               says("t.json: model.merges[0] must be two parts"));
    CHECK_THAT(complaint("/model/merges/0", Json{"a", "b", "c"}), says("must have two parts"));
    CHECK_THAT(complaint("/model/merges/1/0", 7), says("model.merges[1][0] must be a string"));
    CHECK_THAT(complaint("/added_tokens/0/id", 3), says("added_tokens has two tokens with id 3"));
    CHECK_THAT(complaint("/added_tokens/0/content", "ab"),
               says("gives \"ab\" the id 5, but it already has 3"));
    CHECK_THAT(complaint("/added_tokens/0/content", ""), says("added_tokens[0].content is empty"));
    CHECK_THAT(complaint("/added_tokens/0/special", 1), says("special must be true or false"));
    CHECK_THAT(complaint("/added_tokens", 3), says("t.json: added_tokens must be an array"));
    CHECK_THAT(complaint("/model", "BPE"), says("t.json: model must be an object"));
}

TEST_CASE("what would change the ids unseen is refused", "[text][tokenizer_json]") {
    for (const auto& [pointer, value] : std::vector<std::pair<const char*, Json>>{
             {"/added_tokens/0/lstrip", true},
             {"/normalizer/type", "Lowercase"},
             {"/pre_tokenizer/type", "Whitespace"},
             {"/pre_tokenizer/pretokenizers/0/behavior", "Removed"},
             {"/pre_tokenizer/pretokenizers/0/invert", true},
             {"/pre_tokenizer/pretokenizers/1/use_regex", true},
             {"/pre_tokenizer/pretokenizers/1/add_prefix_space", true},
             {"/post_processor", {{"type", "TemplateProcessing"}}},
             {"/decoder", nullptr},
             {"/model/type", "Unigram"},
             {"/model/unk_token", "<unk>"},
             {"/model/byte_fallback", true},
             {"/model/dropout", 0.1},
             {"/model/end_of_word_suffix", "</w>"}}) {
        INFO(pointer);
        CHECK_THAT(complaint(pointer, value), Catch::Contains("is not supported"));
    }
    CHECK_THAT(complaint("/pre_tokenizer/pretokenizers/0/pattern/Regex", "\\w"),
               Catch::Contains("is unknown"));
    CHECK_THAT(complaint("/pre_tokenizer", nullptr), Catch::Contains("pre_tokenizer is missing"));
}

TEST_CASE("a file cut off anywhere is a one-line error", "[text][tokenizer_json]") {
    const std::string whole = working().dump();
    for (std::size_t n = 0; n < whole.size(); ++n) {
        std::string what;
        try {
            gppo::Tokenizer::from_json(std::string_view(whole).substr(0, n), "t.json");
        } catch (const gppo::Error& error) {
            what = error.what();
        }
        REQUIRE(what.starts_with("t.json: not valid JSON at byte "));
        REQUIRE(what.find('\n') == std::string::npos);
    }
    CHECK_THROWS_AS(gppo::Tokenizer::from_json(std::string(200000, '[')), gppo::Error);
    CHECK_THROWS_AS(gppo::Tokenizer::from_json("[]"), gppo::Error);
    CHECK_THROWS_AS(gppo::Tokenizer::from_json("\xFF"), gppo::Error);
}

TEST_CASE("damaged files are read or refused, never worse", "[text][tokenizer_json]") {
    const unsigned seed = std::random_device{}();
    INFO("seed " << seed);
    std::mt19937 random(seed);
    const std::string whole = working().dump();
    int refused = 0;
    for (int round = 0; round < 3000; ++round) {
        std::string text = whole;
        for (std::size_t n = 1 + random() % 3; n > 0; --n) {
            const std::size_t at = random() % text.size();
            if (random() % 2 == 0)
                text[at] = "0123456789{}[]\",:ntf-e\\\xFF"[random() % 24];
            else
                text.erase(at, 1 + random() % 20);
            if (text.empty()) text = " ";
        }
        try {
            gppo::Tokenizer::from_json(text).decode(gppo::Tokenizer::from_json(text).encode("abc"));
        } catch (const gppo::Error&) {
            ++refused;
        }
    }
    CHECK(refused > 1000);
}

TEST_CASE("a file of brackets is refused before anything recurses over it",
          "[text][tokenizer_json]") {
    const std::string deep = std::string(1'000'000, '[') + std::string(1'000'000, ']');
    CHECK_THROWS_WITH(
        gppo::read_tokenizer_json("{\"model\": {\"vocab\": {\"a\": " + deep + "}}}", "t.json"),
        "t.json: nested deeper than 128");
}

TEST_CASE("a normalized added token is found in any spelling of its text",
          "[text][tokenizer_json]") {
    Json json = working();
    json["added_tokens"] = {{{"id", 5}, {"content", "e\u0301"}, {"normalized", true}},
                            {{"id", 6}, {"content", "i\u0301"}, {"normalized", false}}};
    const auto tokenizer = gppo::Tokenizer::from_json(json.dump());
    using Ids = std::vector<std::int32_t>;
    CHECK(tokenizer.encode("a\u00e9b") == Ids{0, 5, 1});
    CHECK(tokenizer.encode("ae\u0301b") == Ids{0, 5, 1});
    CHECK(tokenizer.encode("ai\u0301b") == Ids{0, 6, 1});
    CHECK_THROWS_AS(tokenizer.encode("a\u00edb"), gppo::Error);  // not a byte of this vocabulary
    CHECK(tokenizer.decode(Ids{5}) == "e\u0301");
}
