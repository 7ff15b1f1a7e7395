// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/data/judge_votes.hpp>

using Catch::Matchers::Contains;

TEST_CASE("the vote is the last yes or no after the thinking", "[data][judge_votes]") {
    CHECK(gppo::vote_of("Yes") == true);
    CHECK(gppo::vote_of("I say no. But then: **YES**.") == true);
    CHECK(gppo::vote_of("yes at first, in the end no") == false);
    CHECK(gppo::vote_of("<think>yes yes</think>\nno") == false);
    CHECK(gppo::vote_of("nothing known, eyes open") == std::nullopt);
    CHECK(gppo::vote_of("") == std::nullopt);
    CHECK(gppo::vote_of("<think>yes</think>") == std::nullopt);
}

TEST_CASE("the request asks for all votes at once about the row's text", "[data][judge_votes]") {
    const gppo::JudgeQuestion question{.model = "m", .text = "Good? {text} End.", .votes = 3};
    const auto body = gppo::judge_request(question, "x {text} \"y\"");
    CHECK(body["messages"][0]["content"] == "Good? x {text} \"y\" End.");
    CHECK(body["n"] == 3);
    CHECK(body["model"] == "m");
    CHECK_FALSE(gppo::judge_request({}, "t").contains("model"));
    CHECK_THROWS_WITH(gppo::judge_request({.text = "Good?"}, "t"), Contains("no {text}"));
}

TEST_CASE("votes are counted, and answers of another form refused", "[data][judge_votes]") {
    const auto votes = gppo::read_votes(
        R"({"choices": [{"message": {"content": "yes"}}, {"message": {"content": "no"}},
            {"message": {"content": null}}, {"message": {"content": "Yes."}}, {}]})",
        5);
    CHECK((votes.yes == 2 && votes.no == 1 && votes.none == 2));
    CHECK_THROWS_WITH(gppo::read_votes(R"({"choices": [{}]})", 2), Contains("1 answers of 2"));
    CHECK_THROWS_WITH(gppo::read_votes("<html>", 2), Contains("no list \"choices\""));
    CHECK_THROWS_WITH(gppo::read_votes("[]", 2), Contains("no list \"choices\""));
}
