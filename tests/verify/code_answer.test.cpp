// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/verify/code_answer.hpp>

using namespace gppo;

TEST_CASE("An answer is one line that begins with the nonce", "[verify][code_answer]") {
    const auto answer = read_answer("abc value [1, 2]\n", "abc");
    REQUIRE(answer);
    CHECK(answer->kind == "value");
    CHECK(answer->text == "[1, 2]");
    for (const char* forged :
         {"", "abc", "abd value 1\n", "abc value 1", "abc value 1\nabc value 2\n", "abcvalue 1\n",
          "x abc value 1\n", "abc value\n", "\n"})
        CHECK_FALSE(read_answer(forged, "abc").has_value());
}

TEST_CASE("A reason is one line of valid JSON text whatever was written", "[verify][code_answer]") {
    const std::string line = one_line("a\n\xff\x01 b" + std::string(1000, 'x'));
    CHECK(line.find('\n') == line.npos);
    CHECK(line.size() < 700);
    CHECK_FALSE(Json::parse(line, nullptr, false).is_discarded());
}

TEST_CASE("Depth counts brackets outside texts", "[verify][code_answer]") {
    CHECK_FALSE(too_deep(R"(["[[[[[[", "\"[[["])", 3));
    CHECK(too_deep("[[[[]]]]", 3));
    CHECK(too_deep(R"(["\"",[[[[]]]]])", 3));  // no end of the text is faked
    CHECK_FALSE(too_deep("[[[]],[[]]]", 3));
    CHECK(too_deep(std::string(100000, '[')));
}

TEST_CASE("How a run ended decides before what it answered", "[verify][code_answer]") {
    SandboxRun run;
    const auto verdict = [&](RunEnd end, int code = 0, const char* kind = nullptr) {
        run.end = end;
        run.code = code;
        std::optional<CodeAnswer> answer;
        if (kind) answer = CodeAnswer{kind, ""};
        const auto failed = run_failure(run, answer);
        return failed ? failed->verdict : CodeVerdict::pass;
    };
    CHECK(verdict(RunEnd::broken, 0, "value") == CodeVerdict::infra_error);
    CHECK(verdict(RunEnd::timeout, 0, "value") == CodeVerdict::timeout);
    CHECK(verdict(RunEnd::memory) == CodeVerdict::memory);
    CHECK(verdict(RunEnd::output_limit) == CodeVerdict::output_limit);
    CHECK(verdict(RunEnd::signalled, 11) == CodeVerdict::runtime_error);
    CHECK(verdict(RunEnd::exited, 1) == CodeVerdict::runtime_error);
    CHECK(verdict(RunEnd::exited, 0, "compile") == CodeVerdict::compile_error);
    CHECK(verdict(RunEnd::exited, 1, "memory") == CodeVerdict::memory);
    CHECK(verdict(RunEnd::exited, 0, "pass") == CodeVerdict::runtime_error);
    CHECK(verdict(RunEnd::exited, 0, "value") == CodeVerdict::pass);
    run.errors = "terminate called after throwing an instance of 'std::bad_alloc'";
    CHECK(verdict(RunEnd::signalled, SIGABRT) == CodeVerdict::memory);
}
