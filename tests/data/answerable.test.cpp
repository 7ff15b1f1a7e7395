// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/data/answerable.hpp>

using Catch::Matchers::Contains;
using nlohmann::json;

namespace {

gppo::Record answered(const std::string& gold, const std::string& source = "") {
    gppo::Record record;
    record.gold = gold;
    record.data_source = source;
    record.raw = {{"prompt", "p"}, {"answer", gold}};
    return record;
}

}  // namespace

TEST_CASE("a gold answer that the verifier reads is an answer", "[data][answerable]") {
    for (const char* gold : {"72", "\\frac{3}{4}", "x^2+1", "(1, 2)", "5 \\text{ cm}", "0"})
        CHECK(gppo::unreadable_answer(answered(gold)).empty());
    CHECK(gppo::unreadable_answer(answered(" ")) == "no gold answer");
    CHECK(gppo::unreadable_answer(answered("see the figure, then argue")) == "answer in words");
    CHECK(gppo::unreadable_answer(answered("05\\!:\\!00")) == "unreadable answer");
    CHECK(gppo::unreadable_answer(answered("9^{9^{9^9}}")) != "");
    CHECK_THROWS_WITH(gppo::unreadable_answer(answered("1", "made/up")), Contains("no verifier"));
}

TEST_CASE("a sentence is no answer, a name or a quantity is", "[data][answerable]") {
    for (const char* prose : {"See the figure.", "both A and B; then C", "\\text{it is never so}"})
        CHECK(gppo::is_prose(prose));
    for (const char* answer :
         {"east", "\\text{Navin}", "5 square feet per second", "\\frac{\\sin x}{\\cos y}",
          "-(ab + ac + bc)", "a b c", "\\text{Softball, Kickball, Picnic}", "", "\\text{June 20}"})
        CHECK_FALSE(gppo::is_prose(answer));
}

TEST_CASE("the answer of a program is its tests", "[data][answerable]") {
    gppo::Record record = answered("", "taco");
    record.raw = {{"inputs", {"1\n"}}, {"outputs", {"2\n"}}};
    CHECK(gppo::unreadable_answer(record).empty());
    record.raw = {{"inputs", json::array()}, {"outputs", json::array()}};
    CHECK_FALSE(gppo::unreadable_answer(record).empty());
    record.raw = {{"prompt", "p"}};
    CHECK(gppo::unreadable_answer(record) == "unreadable tests");
}

TEST_CASE("the share of responses with an answer counts right and wrong ones",
          "[data][answerable]") {
    CHECK(gppo::readable_share({"\\boxed{7}", "so \\boxed{8}", "seven", "\\boxed{"}, "7") == 0.5);
    CHECK_THROWS_WITH(gppo::readable_share(json::array(), "7"), Contains("empty"));
    CHECK_THROWS_WITH(gppo::readable_share({1}, "7"), Contains("not text"));
}
