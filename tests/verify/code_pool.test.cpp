// SPDX-License-Identifier: Apache-2.0
#include "isolation.hpp"

#include <gppo/verify/code_pool.hpp>
#include <gppo/verify/code_rows.hpp>

using namespace gppo;

namespace {

std::shared_ptr<const CodeTests> echo() {
    return std::make_shared<CodeTests>(
        read_code_tests(Json{{"inputs", {"1"}}, {"outputs", {"1"}}, {"timeout", 1}}));
}

CodeJudgeOptions whole() {
    CodeJudgeOptions options;
    options.whole_response = true;
    return options;
}

}  // namespace

TEST_CASE("Jobs are judged apart, whoever finishes first", "[verify][code_pool]") {
    if (!isolated()) return;
    const CodeJudge judge(whole());
    CodePool pool(judge, 2, 2);  // six jobs do not fit: submit waits
    std::vector<std::future<CodeJudgement>> results;
    for (const char* program : {"print(1)", "print(2)", "import time\ntime.sleep(0.2)\nprint(1)",
                                "print(", "print(1)", "1 / 0"})
        results.push_back(pool.submit({echo(), program}));
    std::vector<CodeVerdict> verdicts;
    for (auto& result : results) verdicts.push_back(result.get().verdict);
    CHECK(verdicts == std::vector{CodeVerdict::pass, CodeVerdict::wrong, CodeVerdict::pass,
                                  CodeVerdict::compile_error, CodeVerdict::pass,
                                  CodeVerdict::runtime_error});
}

TEST_CASE("A job that nobody starts in time or at all is our failure", "[verify][code_pool]") {
    if (!isolated()) return;
    const CodeJudge judge(whole());
    std::future<CodeJudgement> left;
    {
        CodePool pool(judge, 1, 8);
        CodePoolJob late{echo(), "print(1)"};
        late.deadline = std::chrono::steady_clock::now() - std::chrono::seconds(1);
        CHECK(pool.submit(late).get().verdict == CodeVerdict::infra_error);
        auto running = pool.submit({echo(), "import time\ntime.sleep(0.5)\nprint(1)"});
        for (int i = 0; i < 3; ++i) left = pool.submit({echo(), "print(1)"});
    }
    CHECK(left.get().verdict == CodeVerdict::infra_error);
}
