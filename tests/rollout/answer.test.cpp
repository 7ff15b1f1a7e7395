// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/rollout/answer.hpp>

#include <limits>

using namespace gppo;
using Catch::Contains;

TEST_CASE("an answer's errors name the address and the field", "[rollout][answer]") {
    const nlohmann::json json = {{"meta", {{"pairs", {{-0.5, 7}, {"x", nullptr}}}}}, {"ok", 1}};
    const Answer answer(json, "http://a/b");
    const Answer pairs = answer["meta"]["pairs"];
    CHECK(pairs.size() == 2);
    CHECK(pairs[Index{0}][Index{0}].logp() == -0.5f);
    CHECK(pairs[Index{0}][Index{1}].token() == 7);
    CHECK_THROWS_WITH(answer["no"],
                      "http://a/b: the answer has no field no; is this the server "
                      "that the configuration says?");
    CHECK_THROWS_WITH(answer["meta"]["no"],
                      Contains("http://a/b: the answer has no field meta.no"));
    CHECK_THROWS_WITH(answer["ok"]["no"], "http://a/b: field ok must be an object, it is a number");
    CHECK_THROWS_WITH(answer["meta"].size(),
                      "http://a/b: field meta must be a list, it is an object");
    CHECK_THROWS_WITH(
        pairs[Index{1}][Index{0}].logp(),
        "http://a/b: field meta.pairs[1][0] must be a log-probability, it is a string");
    CHECK_THROWS_WITH(pairs[Index{1}][Index{1}].token(),
                      "http://a/b: field meta.pairs[1][1] must be a token id, it is null");
    CHECK_THROWS_WITH(pairs[Index{2}], "http://a/b: field meta.pairs has only 2 elements");
    CHECK_THROWS_WITH(answer.size(), "http://a/b: the answer must be a list, it is an object");
    CHECK_THROWS_WITH(answer["ok"].text(), Contains("must be a string"));
    CHECK_THROWS_WITH(answer["ok"].boolean(), Contains("must be true or false"));
    CHECK_FALSE(pairs[Index{1}].has("x"));
    CHECK(answer.has("ok"));
}

TEST_CASE("a token id is a whole number of 31 bits", "[rollout][answer]") {
    for (const char* text :
         {"-1", "1.0", "2147483648", "18446744073709551615", "true", "\"1\"", "[]"}) {
        const auto json = nlohmann::json::parse(text);
        CHECK_THROWS_WITH(Answer(json, "u").token(), Contains("must be a token id"));
    }
    const nlohmann::json largest = 2147483647;
    CHECK(Answer(largest, "u").token() == 2147483647);
}

TEST_CASE("a log-probability is finite and not above zero but for rounding", "[rollout][answer]") {
    const nlohmann::json rounded = 1e-6, zero = 0, large = -1e4;
    CHECK(Answer(rounded, "u").logp() == 0.0f);
    CHECK(Answer(zero, "u").logp() == 0.0f);
    CHECK(Answer(large, "u").logp() == -1e4f);
    // llama.cpp writes a probability of 0 as the lowest float, and JSON has no infinity.
    const nlohmann::json lowest = std::numeric_limits<float>::lowest(), positive = 0.5,
                         nothing = std::numeric_limits<double>::quiet_NaN();
    for (const nlohmann::json* bad : {&lowest, &positive, &nothing})
        CHECK_THROWS_WITH(Answer(*bad, "u").logp(), Contains("log-probability"));
}

TEST_CASE("an excerpt is short, on one line and valid text", "[rollout][answer]") {
    CHECK(quoted_excerpt("a\nb\"\xff") == "\"a\\nb\\\"\\ufffd\"");
    CHECK(quoted_excerpt(std::string(500, 'x'), 3) == "\"xxx\" ...");
}
