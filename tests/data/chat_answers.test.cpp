// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/data/chat_answers.hpp>

using Catch::Matchers::Contains;

TEST_CASE("a request asks for all answers at once", "[data][chat_answers]") {
    const auto body = gppo::chat_request({"m", 3, 0.5, 7}, "why?");
    CHECK(body["messages"] == nlohmann::json{{{"role", "user"}, {"content", "why?"}}});
    CHECK((body["n"] == 3 && body["model"] == "m" && body["max_tokens"] == 7));
    CHECK_FALSE(gppo::chat_request({}, "why?").contains("model"));
}

TEST_CASE("answers that were cut off are empty, other forms are refused", "[data][chat_answers]") {
    const auto texts = gppo::read_chat_answers(
        R"({"choices": [{"message": {"content": "a"}}, {"message": {"content": null}}, {}]})", 3,
        "solver");
    CHECK(texts == std::vector<std::string>{"a", "", ""});
    CHECK_THROWS_WITH(gppo::read_chat_answers("<html>", 1, "solver"),
                      Contains("the solver's answer has no list \"choices\""));
    CHECK_THROWS_WITH(gppo::read_chat_answers(R"({"choices": []})", 2, "solver"),
                      Contains("0 answers of 2"));
}

TEST_CASE("a name in braces is filled in once", "[data][chat_answers]") {
    CHECK(gppo::filled_in("{a} of {text}", "text", "{text}") == "{a} of {text}");
    CHECK_THROWS_WITH(gppo::filled_in("none", "text", ""), Contains("has no {text}"));
}
