// SPDX-License-Identifier: Apache-2.0
//
// Whether the tests of a programming problem judge rightly, in both directions: every reference
// solution passes all of them (no false negatives, Skywork-OR1 2505.22312), and a program that does
// nothing, or one known to be wrong, fails (no false positives, AceReason-Nemotron 2505.16400).
#pragma once

#include <gppo/verify/code_block.hpp>
#include <gppo/verify/code_judge.hpp>
#include <gppo/verify/code_tests.hpp>

#include <cstddef>
#include <set>
#include <span>
#include <string>
#include <string_view>

namespace gppo {

/// A program that has what the tests call and does nothing.
inline std::string empty_program(const CodeTests& tests) {
    if (tests.language == CodeLanguage::cpp) return "int main() {}\n";
    std::set<std::string> names;
    for (const CodeCall& call : tests.calls) names.insert(call.function);
    if (!tests.entry_point.empty()) names.insert(tests.entry_point);
    std::string functions = "pass\n", methods;
    for (const std::string& name : names) {
        const auto dot = name.find('.');
        const std::string bare = dot == name.npos ? name : name.substr(dot + 1);
        functions += "def " + bare + "(*a, **k):\n    return None\n";
        methods += "    def " + bare + "(self, *a, **k):\n        return None\n";
    }
    return functions + (methods.empty() ? "" : "class Solution:\n" + methods);
}

/// The program of a solution that may stand in a fence.
inline std::string solution_program(std::string_view text, CodeLanguage language) {
    if (text.find("```") != text.npos)
        if (auto block = code_block(text, language)) return *block;
    return std::string(text);
}

/// Why the tests cannot be trusted; "" where they can. `judge` must have whole_response set. A
/// judgement that failed for reasons of our own is "could not be judged", never a finding.
inline std::string invalid_tests(const CodeJudge& judge, const CodeTests& tests,
                                 std::span<const std::string> solutions,  // right programs
                                 std::span<const std::string> wrong = {}  // wrong ones
) {
    const auto verdict = [&](std::string_view program) {
        return judge.judge(tests, program).verdict;
    };
    for (const std::string& solution : solutions) {
        const CodeVerdict found = verdict(solution_program(solution, tests.language));
        if (found == CodeVerdict::infra_error) return "could not be judged";
        if (found != CodeVerdict::pass) return "reference solution fails";
    }
    const CodeVerdict nothing = verdict(empty_program(tests));
    if (nothing == CodeVerdict::infra_error) return "could not be judged";
    if (nothing == CodeVerdict::pass) return "empty program passes";
    for (const std::string& program : wrong) {
        const CodeVerdict found = verdict(solution_program(program, tests.language));
        if (found == CodeVerdict::infra_error) return "could not be judged";
        if (found == CodeVerdict::pass) return "wrong program passes";
    }
    return "";
}

}  // namespace gppo
