// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/data/test_validity.hpp>
#include <gppo/verify/code_rows.hpp>

#include <memory>
#include <string>
#include <vector>

namespace {

const gppo::CodeJudge* validity_judge() {
    static const auto made = [] {
        try {
            gppo::CodeJudgeOptions options;
            options.whole_response = true;
            return std::make_unique<gppo::CodeJudge>(options);
        } catch (const gppo::Error& error) {
            WARN(std::string("skipped: ") + error.what());
            return std::unique_ptr<gppo::CodeJudge>();
        }
    }();
    return made.get();
}

std::string why(const gppo::Json& row, const std::vector<std::string>& solutions,
                const std::vector<std::string>& wrong = {}) {
    return gppo::invalid_tests(*validity_judge(), gppo::read_code_tests(row), solutions, wrong);
}

const gppo::Json sum_tests{{"inputs", {"1 2\n", "3 4\n"}}, {"outputs", {"3\n", "7"}}};
const std::string right_sum = "a, b = map(int, input().split())\nprint(a + b)";

}  // namespace

TEST_CASE("an empty program has what the tests call", "[data][test_validity]") {
    gppo::CodeTests tests;
    CHECK(gppo::empty_program(tests) == "pass\n");
    tests.calls.resize(2);
    for (gppo::CodeCall& call : tests.calls) call.function = "Solution.twice";
    CHECK(gppo::empty_program(tests) ==
          "pass\ndef twice(*a, **k):\n    return None\nclass Solution:\n"
          "    def twice(self, *a, **k):\n        return None\n");
    tests.language = gppo::CodeLanguage::cpp;
    CHECK(gppo::empty_program(tests) == "int main() {}\n");
    CHECK(gppo::solution_program("x\n```python\ny\n```\n", gppo::CodeLanguage::python) == "y\n");
    CHECK(gppo::solution_program("x = 1", gppo::CodeLanguage::python) == "x = 1");
}

TEST_CASE("tests are valid that take every right program and no wrong one",
          "[data][test_validity]") {
    if (!validity_judge()) return;
    CHECK(why(sum_tests, {right_sum, "```python\n" + right_sum + "\n```"}).empty());
    CHECK(why(sum_tests, {right_sum, "print(3)"}) == "reference solution fails");
    CHECK(why(sum_tests, {right_sum}, {"print(7)"}).empty());
    CHECK(why(sum_tests, {right_sum}, {right_sum + " "}) == "wrong program passes");
    const gppo::Json nothing{{"inputs", {"1\n"}}, {"outputs", {""}}};
    CHECK(why(nothing, {"pass"}) == "empty program passes");
    const gppo::Json none{{"inputs", {{1}}}, {"outputs", {nullptr}}, {"fn_name", "f"}};
    CHECK(why(none, {"def f(x): return None"}) == "empty program passes");
}
