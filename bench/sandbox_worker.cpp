// SPDX-License-Identifier: Apache-2.0
//
// Our side of bench/sandbox.py, all of it on one core, sandboxes and programs too. Reads one
// request a line on standard input and answers with one JSON line.
//
//   KIND TESTS CANDIDATES   {"seconds": s} of judging CANDIDATES programs, each by TESTS tests
//
// KIND is stdin, call, script (asserts that run apart) or cpp.
#include <gppo/verify/code_judge.hpp>
#include <gppo/verify/code_rows.hpp>

#include <chrono>
#include <iostream>
#include <sched.h>
#include <sstream>
#include <string>

namespace {

using gppo::Json;

struct Case {
    Json row;
    const char* program;
};

Case make(const std::string& kind, int tests) {
    Json inputs = Json::array(), outputs = Json::array();
    for (int i = 0; i < tests; ++i) {
        inputs.push_back(kind == "call" ? Json::array({i}) : Json(std::to_string(i) + "\n"));
        outputs.push_back(kind == "call" ? Json(2 * i) : Json(std::to_string(2 * i) + "\n"));
    }
    Json row{{"inputs", inputs}, {"outputs", outputs}};
    if (kind == "call") row["fn_name"] = "f";
    if (kind == "cpp") row["language"] = "cpp";
    if (kind == "script")
        row = {
            {"functional", "for i in range(" + std::to_string(tests) + "): assert f(i) == 2 * i"}};
    if (kind == "stdin") return {row, "print(2 * int(input()))\n"};
    if (kind == "cpp")
        return {row,
                "#include <cstdio>\nint main() { int x; std::scanf(\"%d\", &x); "
                "std::printf(\"%d\\n\", 2 * x); }\n"};
    return {row, "def f(x): return 2 * x\n"};
}

std::string answer(const gppo::CodeJudge& judge, const std::string& line) {
    std::istringstream words(line);
    std::string kind;
    int tests = 0, candidates = 0;
    gppo::expects(static_cast<bool>(words >> kind >> tests >> candidates), "unknown: " + line);
    const Case one = make(kind, tests);
    const auto read = gppo::read_code_tests(one.row);
    const auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < candidates; ++i) {
        const auto judged = judge.judge(read, one.program);
        gppo::expects(judged.verdict == gppo::CodeVerdict::pass, judged.reason);
    }
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    return Json{{"seconds", seconds.count()}}.dump();
}

}  // namespace

int main() try {
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(0, &one);
    gppo::expects(::sched_setaffinity(0, sizeof one, &one) == 0, "cannot stay on one core");
    gppo::CodeJudgeOptions options;
    options.whole_response = true;
    const gppo::CodeJudge judge(options);
    for (std::string line; std::getline(std::cin, line);)
        std::cout << answer(judge, line) << std::endl;
    return 0;
} catch (const std::exception& error) {
    std::cerr << "sandbox_worker: " << error.what() << '\n';
    return 1;
}
