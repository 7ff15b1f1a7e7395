// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/verify/code_judge.hpp>
#include <gppo/verify/code_rows.hpp>

using gppo::CodeVerdict;
using gppo::Json;

namespace {

/// One judge for all tests, or nothing (and a line) where programs cannot be kept apart.
const gppo::CodeJudge* quick_judge() {
    static const auto made = [] {
        try {
            return std::make_unique<gppo::CodeJudge>();
        } catch (const gppo::Error& error) {
            WARN(std::string("skipped: ") + error.what());
            return std::unique_ptr<gppo::CodeJudge>();
        }
    }();
    return made.get();
}

std::string fenced(const std::string& code, const std::string& language = "python") {
    return "<think>well</think>\n```" + language + "\n" + code + "\n```\n";
}

gppo::CodeJudgement judged(const Json& row, const std::string& code) {
    const auto tests = gppo::read_code_tests(row);
    return quick_judge()->judge(tests, fenced(code, std::string(language_name(tests.language))));
}

const Json sums{{"inputs", {"1 2\n", "3 4\n"}}, {"outputs", {"3\n", "7"}}};
const Json doubles{{"inputs", {{1}, {5}}}, {"outputs", {2, 10}}, {"fn_name", "twice"}};

}  // namespace

TEST_CASE("A program that prints the right sums passes", "[verify][code_judge]") {
    if (!quick_judge()) return;
    const auto right = judged(sums, "a, b = map(int, input().split())\nprint(a + b)");
    INFO(right.reason);
    CHECK(right.verdict == CodeVerdict::pass);
    CHECK(right.passed == 2);
    CHECK(right.total == 2);
    const auto half = judged(sums, "print(3)");
    CHECK(half.verdict == CodeVerdict::wrong);
    CHECK(half.passed == 1);
}

TEST_CASE("A function is called with the inputs and its values are compared",
          "[verify][code_judge]") {
    if (!quick_judge()) return;
    CHECK(judged(doubles, "def twice(x): return 2 * x").verdict == CodeVerdict::pass);
    CHECK(judged(doubles, "class Solution:\n    def twice(self, x): return 2 * x").verdict ==
          CodeVerdict::pass);
    CHECK(judged(doubles, "def twice(x): return x").verdict == CodeVerdict::wrong);
    CHECK(judged(doubles, "def thrice(x): return x").verdict == CodeVerdict::runtime_error);
}

TEST_CASE("Each way to fail has its verdict", "[verify][code_judge]") {
    if (!quick_judge()) return;
    Json row = sums;
    row["timeout"] = 0.5;
    CHECK(judged(row, "while True: pass").verdict == CodeVerdict::timeout);
    CHECK(judged(row, "import time\ntime.sleep(9)").verdict == CodeVerdict::timeout);
    CHECK(judged(row, "x = 'a' * (3 << 30)").verdict == CodeVerdict::memory);
    CHECK(judged(row, "while True: print('x' * 1000)").verdict == CodeVerdict::output_limit);
    CHECK(judged(row, "raise ValueError('no')").verdict == CodeVerdict::runtime_error);
    CHECK(judged(row, "print(").verdict == CodeVerdict::compile_error);
    CHECK(quick_judge()->judge(gppo::read_code_tests(row), "print(3)").verdict ==
          CodeVerdict::format_error);
}

TEST_CASE("C++ programs are compiled in the sandbox", "[verify][code_judge]") {
    if (!quick_judge()) return;
    Json row = sums;
    row["language"] = "cpp";
    const auto right = judged(row,
                              "#include <iostream>\nint main() { int a, b; std::cin >> a >> b; "
                              "std::cout << a + b; }");
    INFO(right.reason);
    CHECK(right.verdict == CodeVerdict::pass);
    CHECK(judged(row, "int main( {}").verdict == CodeVerdict::compile_error);
    CHECK(judged(row, "#include <cstdlib>\nint main() { std::abort(); }").verdict ==
          CodeVerdict::runtime_error);
}

TEST_CASE("Asserts of literals are calls, all other scripts run apart", "[verify][code_judge]") {
    if (!quick_judge()) return;
    const Json leet{
        {"tests",
         {{"functional",
           "def check(candidate):\n    assert candidate(nums = [2,7], target = 9) == [0,1]\n"
           "    assert candidate(nums = [3,3], target = 6) == "
           "[0,1]\n\n\ncheck(Solution().twoSum)"}}}};
    const auto calls = gppo::read_code_tests(leet);
    REQUIRE(calls.kind == gppo::CodeTestKind::call);
    CHECK(calls.calls.size() == 2);
    const std::string right =
        "class Solution:\n    def twoSum(self, nums: List[int], target: int) -> List[int]:\n       "
        " return [0, 1]";
    CHECK(judged(leet, right).verdict == CodeVerdict::pass);
    const Json human{{"prompt", "def half(x):\n    \"\"\"Half.\"\"\"\n"},
                     {"entry_point", "half"},
                     {"test",
                      "def check(candidate):\n    for i in range(3):\n        assert "
                      "abs(candidate(i) - i / 2) < 1e-6\n"}};
    CHECK(gppo::read_code_tests(human).kind == gppo::CodeTestKind::script);
    auto result = judged(human, "def half(x): return x / 2");
    INFO(result.reason);
    CHECK(result.verdict == CodeVerdict::pass);
    CHECK(result.passed == 3);
    result = judged(human, "    return 0.5");
    CHECK(result.verdict == CodeVerdict::wrong);
    CHECK(result.passed == 1);
    CHECK(result.total == 3);
    const Json bank{
        {"functional",
         {"a = Account(5)", "a.add(2)", "assert a.total == 7", "x = [3, 1]", "sort_it(x)",
          "assert x == [1, 3]",
          "try:\n    a.add('x')\n    assert False\nexcept TypeError:\n    assert a.total"}}};
    result = judged(bank,
                    "class Account:\n    def __init__(self, n): self.total = n\n    def add(self, "
                    "n): self.total += n\n"
                    "def sort_it(x): x.sort()");
    INFO(result.reason);
    CHECK(result.verdict == CodeVerdict::pass);
}
