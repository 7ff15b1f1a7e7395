// SPDX-License-Identifier: Apache-2.0
#include "isolation.hpp"

#include <gppo/verify/code_rows.hpp>
#include <gppo/verify/code_run.hpp>

using namespace gppo;

namespace {

CodeJudgement all(const Json& row, const std::string& program, bool stop = false,
                  double seconds = 60) {
    const CodeTests tests = read_code_tests(row);
    CodeRun run(*isolated(), tests, program, tests.limits);
    std::vector<std::size_t> chosen(tests.size());
    for (std::size_t i = 0; i < chosen.size(); ++i) chosen[i] = i;
    return run.all(chosen, seconds, stop);
}

const Json row{
    {"inputs", {"1", "2", "3", "4"}}, {"outputs", {"1", "2", "3", "4"}}, {"timeout", 0.3}};

}  // namespace

TEST_CASE("The first failure is the verdict, and the rest still count", "[verify][code_run]") {
    if (!isolated()) return;
    const auto judged = all(row, "n = int(input())\nif n == 2: raise ValueError\nprint(n % 4)");
    CHECK(judged.verdict == CodeVerdict::runtime_error);
    CHECK(judged.passed == 2);
    CHECK(judged.total == 4);
    CHECK(judged.reason.starts_with("test 2: "));
    CHECK(all(row, "n = int(input())\nprint(n % 2)", true).passed == 1);
}

TEST_CASE("After a test that had to be killed the others run in a new sandbox",
          "[verify][code_run]") {
    if (!isolated()) return;
    const auto judged = all(row, "n = int(input())\nwhile n == 2: pass\nprint(n)");
    CHECK(judged.verdict == CodeVerdict::timeout);
    CHECK(judged.passed == 3);
}

TEST_CASE("Tests that no time is left for are over their time", "[verify][code_run]") {
    if (!isolated()) return;
    const auto judged = all(row, "print(input())", false, 0);
    CHECK(judged.verdict == CodeVerdict::timeout);
    CHECK(judged.passed == 0);
}
