// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/data/test_synthesis.hpp>
#include <gppo/verify/code_rows.hpp>

using gppo::read_authored_tests;

namespace {

std::string answer_with(const nlohmann::json& tests, const std::string& question = "Write f.") {
    return "<think>{\"tests\": []}</think>Here {it} is:\n```json\n" +
           nlohmann::json{{"question", question}, {"tests", tests}}.dump() + "\n```\nDone.";
}

}  // namespace

TEST_CASE("tests are read from the JSON object after the thinking", "[data][test_synthesis]") {
    const auto read = read_authored_tests(
        answer_with({"assert f(1) == 2", "  assert f(2, k=[3]) == {'a': (1, None)}, \"why\" "}));
    REQUIRE(read);
    CHECK(read->question == "Write f.");
    CHECK(read->function == "f");
    CHECK(read->asserts ==
          std::vector<std::string>{"assert f(1) == 2",
                                   "assert f(2, k=[3]) == {'a': (1, None)}, \"why\""});
    CHECK((read->asked == 2 && read->malformed == 0 && read->copies == 0));
}

TEST_CASE("a test is one assert of one call with literal values", "[data][test_synthesis]") {
    const nlohmann::json bad{"assert f(1)",
                             "assert f(x) == 1",
                             "f(1) == 2",
                             "assert f(1) == 2\nassert f(2) == 3",
                             "assert f(1) == 2; import os",
                             "assert abs(f(1) - 2) < 1",
                             "assert candidate(1) == 2",
                             "assert f(1) == f(1)",
                             7,
                             nullptr,
                             "assert f(1 == 2",
                             ""};
    for (const auto& test : bad) {
        CAPTURE(test.dump());
        const auto read = read_authored_tests(answer_with({test, "assert f(0) == 0"}));
        REQUIRE(read);
        CHECK(read->malformed == 1);
        CHECK(read->asserts == std::vector<std::string>{"assert f(0) == 0"});
    }
}

TEST_CASE("the commonest function counts, and each test once", "[data][test_synthesis]") {
    const auto read = read_authored_tests(
        answer_with({"assert g(1) == 1", "assert f(1) == 1", "assert f( 1 )  ==  1",
                     "assert f(1) == 2", "assert Solution().f(1) == 1"}));
    REQUIRE(read);
    CHECK(read->function == "f");
    CHECK(read->asserts == std::vector<std::string>{"assert f(1) == 1", "assert f(1) == 2"});
    CHECK((read->asked == 5 && read->malformed == 2 && read->copies == 1));
}

TEST_CASE("answers of another form hold no tests", "[data][test_synthesis]") {
    for (const char* text :
         {"", "no tests", "{\"question\": \"q\"}", "{\"tests\": [\"assert f(1) == 1\"]}",
          "{\"question\": \" \", \"tests\": []}", "{\"question\": \"q\", \"tests\": 3}",
          "{\"question\": \"q\", \"tests\": [}", "<think>{\"question\": \"q\", \"tests\": []}"}) {
        CAPTURE(text);
        CHECK_FALSE(read_authored_tests(text));
    }
    const auto none = read_authored_tests("{\"question\": \"q\", \"tests\": []}");
    REQUIRE(none);
    CHECK((none->asserts.empty() && none->function.empty()));
    CHECK_FALSE(read_authored_tests(std::string(1 << 16, '{') + "}"));
}

TEST_CASE("tests that stay are tests that the judge reads as calls", "[data][test_synthesis]") {
    const auto read = read_authored_tests(answer_with({"assert f(1) == 2", "assert f('é') == ''"}));
    REQUIRE(read);
    const auto tests = gppo::read_code_tests(
        gppo::parse_tests(R"({"reward_model": {"ground_truth": )" +
                          nlohmann::json(gppo::functional_tests(read->asserts)).dump() + "}}"));
    CHECK(tests.kind == gppo::CodeTestKind::call);
    REQUIRE(tests.calls.size() == 2);
    for (std::size_t i = 0; i < 2; ++i) {
        const auto one = gppo::single_test(read->calls[i]);
        CHECK(one.calls[0].arguments == tests.calls[i].arguments);
        CHECK(one.calls[0].expected == tests.calls[i].expected);
        CHECK((one.size() == 1 && one.prelude == tests.prelude));
        CHECK(one.equality.tuples_are_lists == tests.equality.tuples_are_lists);
    }
}
