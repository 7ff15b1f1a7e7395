// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/data/programs.hpp>
#include <gppo/verify/code_judge.hpp>
#include <gppo/verify/code_rows.hpp>

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

using namespace gppo;

TEST_CASE("no held-out problem is among 100000 training problems", "[data][programs]") {
    const ProgramOptions options{.held_out = 0.1};
    std::set<std::string> held, prompts;
    for (const Program& p : program_set(options, Split::held_out, 1, 300)) held.insert(p.prompt());
    CHECK(held.size() == 300);
    Index shared = 0;
    std::map<std::size_t, Index> families;
    for (std::uint64_t i = 0; i < 100'000; ++i) {
        const Program p = program_problem(options, Split::train, 1 + i % 3, i);
        shared += held.contains(p.prompt());
        prompts.insert(p.prompt());
        ++families[p.family];
    }
    CHECK(shared == 0);
    CHECK(prompts.size() > 3000);
    REQUIRE(families.size() == program_families.size());
    for (const auto& [family, count] : families) CHECK(count > 7000);
}

TEST_CASE("every family is held out about as often as was asked", "[data][programs]") {
    std::map<std::size_t, Index> families;
    for (std::uint64_t i = 0; i < 12'000; ++i)
        ++families[program_problem({.held_out = 0.1}, Split::held_out, 1, i).family];
    REQUIRE(families.size() == program_families.size());
    for (const auto& [family, count] : families) CHECK(count > 300);
}

TEST_CASE("a problem is a function of its number", "[data][programs]") {
    for (std::uint64_t i = 0; i < 100; ++i)
        CHECK(program_problem({}, Split::train, 3, i) == program_problem({}, Split::train, 3, i));
    CHECK_THROWS_AS(program_problem({.held_out = 0}, Split::held_out, 1, 0), Error);
    CHECK_THROWS_AS(program_problem({.held_out = 1}, Split::train, 1, 0), Error);
    CHECK_THROWS_AS(program_problem({.tests = 0}, Split::train, 1, 0), Error);
}

TEST_CASE("words, program and slip carry the constants, in known characters", "[data][programs]") {
    const Program p{2, 12, 7};
    CHECK(p.prompt() == "if x is over 12 then x plus 7, else x minus 7");
    CHECK(p.response() == "```python\ndef f(x):\n    return x + 7 if x > 12 else x - 7\n```");
    CHECK(p.code(true) == "def f(x):\n    return x + 7 if x >= 12 else x - 7\n");
    for (std::uint64_t i = 0; i < 500; ++i) {
        const Program any = program_problem({}, Split::train, 1, i);
        const std::string text = any.prompt() + any.response() + any.response(true);
        CHECK(text.find_first_not_of(program_alphabet) == std::string::npos);
        CHECK(text.size() < 230);
    }
}

TEST_CASE("tests are the same every time and hold the values at the bounds", "[data][programs]") {
    const Program p{2, 12, 7};
    const auto tests = p.tests(8);
    CHECK(tests == p.tests(8));
    CHECK(tests["inputs"].size() == 8);
    CHECK(tests["inputs"][2] == nlohmann::json::parse("[12]"));
    CHECK(tests["outputs"][2] == 5);
    CHECK(tests["fn_name"] == "f");
    CHECK(p.tests(3)["inputs"].size() == 3);
}

TEST_CASE("in the sandbox every program passes and every slip fails", "[data][programs][slow]") {
    std::unique_ptr<CodeJudge> judge;
    try {
        judge = std::make_unique<CodeJudge>();
    } catch (const Error& error) {
        WARN("skipped: " << error.what());
        return;
    }
    std::vector<Program> problems = program_set({}, Split::train, 5, 60);
    for (std::size_t family = 0; family < program_families.size(); ++family)
        for (const int a : {program_families[family].a_low, program_families[family].a_high})
            problems.push_back({family, a, program_families[family].b_high > 0 ? 2 : 0});
    Index partly = 0;
    for (const Program& p : problems) {
        const CodeTests tests = read_code_tests(p.tests(8));
        INFO(p.response() << "\n" << p.response(true));
        CHECK(judge->judge(tests, p.response()).verdict == CodeVerdict::pass);
        const CodeJudgement slip = judge->judge(tests, p.response(true));
        CHECK(slip.verdict == CodeVerdict::wrong);
        CHECK(slip.total == 8);
        partly += slip.passed > 0;
    }
    CHECK(partly > static_cast<Index>(problems.size()) / 3);  // a soft reward has something to say
}
