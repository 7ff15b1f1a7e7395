// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/verify/code_rows.hpp>

#include <string>

using namespace gppo;

namespace {

CodeTests read(const char* text) {
    return read_code_tests(Json::parse(text));
}

std::string why_not(const char* text) {
    try {
        read(text);
    } catch (const Error& error) {
        return error.what();
    }
    return "";
}

}  // namespace

TEST_CASE("APPS and TACO: standard input, or a function by its name", "[verify][code_rows]") {
    const auto program =
        read(R"({"input_output": "{\"inputs\": [\"1\\n\"], \"outputs\": [\"2\"]}"})");
    CHECK(program.kind == CodeTestKind::program);
    CHECK(program.cases[0].input == "1\n");
    const auto lines = read(R"({"inputs": [["1", "2"]], "outputs": [["3"]]})");
    CHECK(lines.cases[0].input == "1\n2\n");
    const auto call = read(R"({"inputs": [[1, [2]]], "outputs": [[3]], "fn_name": "f"})");
    CHECK(call.kind == CodeTestKind::call);
    CHECK(call.calls[0].arguments == Json::parse("[1,[2]]"));
    CHECK(call.calls[0].alternatives == std::vector<Json>{3});
    CHECK(call.equality.tuples_are_lists);
}

TEST_CASE("verl and Klear: tests in the ground truth, as JSON text", "[verify][code_rows]") {
    const auto klear = read(
        R"({"reward_model": {"ground_truth": "{\"functional\": [\"assert f(1) == 2\"], \"timeout\": 3, \"max_test_cases\": 16}"}})");
    CHECK(klear.kind == CodeTestKind::call);
    CHECK(klear.limits.cpu_seconds == 3);
    CHECK(klear.most == 16);
    const auto verl = read(
        R"({"reward_model": {"ground_truth": "{\"inputs\": [\"1\"], \"outputs\": [\"1\"]}"}, "extra_info": {}})");
    CHECK(verl.cases.size() == 1);
}

TEST_CASE("LiveCodeBench: text on both sides, or functional with a name", "[verify][code_rows]") {
    const auto program = read(
        R"({"public_test_cases": "[{\"input\": \"1\", \"output\": \"2\", \"testtype\": \"stdin\"}]"})");
    CHECK(program.cases[0].output == "2");
    CHECK(program.rule == OutputRule::decimal);
    const auto call = read(
        R"({"tests": [{"input": "[1, 2]\n\"x\"", "output": "true", "testtype": "functional"}], "metadata": {"func_name": "f"}})");
    CHECK(call.calls[0].function == "f");
    CHECK(call.calls[0].arguments == Json::parse(R"([[1,2],"x"])"));
    CHECK(call.calls[0].expected == true);
}

TEST_CASE("HumanEval and MBPP: scripts, with the prompt in front", "[verify][code_rows]") {
    const auto human = read(
        R"({"prompt": "def f(x):\n", "entry_point": "f", "test": "def check(candidate):\n    assert abs(candidate(1)) < 2\n"})");
    CHECK(human.kind == CodeTestKind::script);
    CHECK(human.before == "def f(x):\n");
    CHECK(human.entry_point == "f");
    const auto mbpp = read(R"({"test_list": ["assert f(1) == 2"], "test_setup_code": ""})");
    CHECK(mbpp.kind == CodeTestKind::call);
}

TEST_CASE("A row sets its limits, language and comparison", "[verify][code_rows]") {
    const auto tests = read(
        R"({"inputs": ["1"], "outputs": ["1"], "language": "cpp", "timeout": 2, "memory_limit_mb": 256, "tolerance": 0.01})");
    CHECK(tests.language == CodeLanguage::cpp);
    CHECK(tests.limits.memory_bytes == 256u << 20);
    CHECK(tests.rule == OutputRule::tolerance);
    CHECK(tests.tolerance == 0.01);
}

TEST_CASE("What cannot be read says what is wrong", "[verify][code_rows]") {
    CHECK(why_not("{}").find("none that are known") != std::string::npos);
    CHECK(why_not(R"({"inputs": ["1"], "outputs": []})").find("one length") != std::string::npos);
    CHECK(why_not(R"({"input_output": "{"})").find("not valid JSON") != std::string::npos);
    CHECK(why_not(R"({"pytest": "x"})").find("pytest") != std::string::npos);
    CHECK(why_not(R"({"inputs": ["1"], "outputs": ["1"], "timeout": 0})").find("timeout") !=
          std::string::npos);
    CHECK(why_not(R"({"inputs": ["1"], "outputs": ["1"], "compare": "fuzzy"})").find("compare") !=
          std::string::npos);
    CHECK_FALSE(why_not(R"({"inputs": [], "outputs": []})").empty());
}
