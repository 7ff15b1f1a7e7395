// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/verify/code_json.hpp>
#include <gppo/verify/code_rows.hpp>

using namespace gppo;

TEST_CASE("Integers keep their digits, everything else is as it was", "[verify][code_json]") {
    const Json read = parse_tests(
        R"([12345678901234567890123, -99999999999999999999, 7, 1.5, 1e30, "12345678901234567890\"1", {"a": 9223372036854775807}])");
    REQUIRE(is_long_integer(read[0]));
    CHECK(read[0][long_integer_key] == "12345678901234567890123");
    CHECK(read[1][long_integer_key] == "-99999999999999999999");
    CHECK(read[2] == 7);
    CHECK(read[3] == 1.5);
    CHECK(read[4] == 1e30);
    CHECK(read[5] == "12345678901234567890\"1");
    CHECK(tagged(read[6]) == Json::parse(R"({"d":[["a",{"i":"9223372036854775807"}]]})"));
}

TEST_CASE("Text that is no JSON stays none", "[verify][code_json]") {
    for (const char* text : {"", "{", "\"open", "\"open\\", "00000000000000000000001",
                             "1234567890123456789012-", "[1 2]", "-"})
        CHECK(parse_tests(text).is_discarded());
}

TEST_CASE("A test with long integers asks for them, and for no float beside them",
          "[verify][code_json]") {
    const CodeTests tests = read_code_tests(parse_tests(
        R"({"inputs": [[10000000000000000000001]], "outputs": [20000000000000000000002], "fn_name": "f"})"));
    CHECK(tests.calls[0].arguments == Json::parse(R"([{"i":"10000000000000000000001"}])"));
    const Json &expected = tests.calls[0].expected, answer = {{"i", "20000000000000000000002"}};
    CHECK(same_value(answer, expected));
    CHECK_FALSE(same_value(Json{{"i", "20000000000000000000003"}}, expected));
    CHECK_FALSE(same_value(Json(2e22), expected));
    const CodeTests text = read_code_tests(parse_tests(
        R"({"input_output": "{\"inputs\": [[[10000000000000000000001]]], \"outputs\": [[5]], \"fn_name\": \"f\"}"})"));
    CHECK(text.calls[0].arguments == Json::parse(R"([[{"i":"10000000000000000000001"}]])"));
    const CodeTests lines = read_code_tests(
        parse_tests(R"({"inputs": [[10000000000000000000001]], "outputs": ["1"]})"));
    CHECK(lines.cases[0].input == "10000000000000000000001\n");
}
