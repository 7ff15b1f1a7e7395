// SPDX-License-Identifier: Apache-2.0
//
// CodeTests: what a program is tried on, whatever format the row of data had. Expected answers stay
// on this side; only inputs go to the sandbox.
#pragma once

#include <gppo/core/error.hpp>
#include <gppo/sandbox/limits.hpp>
#include <gppo/verify/code_block.hpp>
#include <gppo/verify/code_output.hpp>
#include <gppo/verify/code_value.hpp>

#include <nlohmann/json.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace gppo {

enum class CodeTestKind {
    program,  ///< reads standard input, prints standard output
    call,     ///< a function or method is called
    script    ///< Python statements with asserts, run apart from the program
};

/// One call, and the answer it must give.
struct CodeCall {
    std::string function;                 ///< "f", or "Solution.f"
    Json arguments = Json::array();       ///< tagged values
    Json named = {{"d", Json::array()}};  ///< a tagged dictionary
    Json expected;                        ///< a tagged value
    std::vector<Json> alternatives;       ///< right as well
};

/// One standard input and the output it must give.
struct CodeCase {
    std::string input, output;
};

struct CodeTests {
    CodeTestKind kind = CodeTestKind::program;
    CodeLanguage language = CodeLanguage::python;
    std::vector<CodeCase> cases;  ///< of kind program
    std::vector<CodeCall> calls;  ///< of kind call
    std::string script;           ///< of kind script
    std::string entry_point;      ///< the function a script calls `candidate`
    std::string before;           ///< put in front of the program: HumanEval's prompt
    bool prelude = false;         ///< LeetCode's names can be used without importing them
    OutputRule rule = OutputRule::decimal;
    double tolerance = 1e-6;  ///< of rule tolerance
    ValueEquality equality;
    SandboxLimits limits;
    std::size_t most = 0;  ///< of the row: at most so many tests, 0 for all

    std::size_t size() const noexcept {
        return kind == CodeTestKind::program ? cases.size()
               : kind == CodeTestKind::call  ? calls.size()
                                             : std::size_t{1};
    }
};

}  // namespace gppo
