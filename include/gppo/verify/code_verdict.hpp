// SPDX-License-Identifier: Apache-2.0
//
// What is said about one program. Only `pass` is right; `infra_error` is our failure and never the
// program's: its sample is to be masked and counted.
#pragma once

#include <gppo/core/view.hpp>

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace gppo {

enum class CodeVerdict {
    pass,           ///< every test
    wrong,          ///< another answer than the expected one
    runtime_error,  ///< an exception, a signal, an exit status, no answer
    timeout,        ///< over its wall or CPU time
    memory,         ///< over its memory
    output_limit,   ///< wrote too much
    compile_error,  ///< does not parse or compile
    format_error,   ///< no program in the response
    infra_error     ///< the sandbox or the tests themselves failed
};

inline constexpr std::array<std::string_view, 9> code_verdict_names{
    "pass",         "wrong",         "runtime_error", "timeout",    "memory",
    "output_limit", "compile_error", "format_error",  "infra_error"};

constexpr std::string_view verdict_name(CodeVerdict verdict) noexcept {
    return code_verdict_names[static_cast<std::size_t>(verdict)];
}

/// The verdict of the first test that failed, how many passed, and one line of reason.
struct CodeJudgement {
    CodeVerdict verdict = CodeVerdict::infra_error;
    std::size_t passed = 0, total = 0;
    std::string reason;
};

/// How often each verdict was given.
struct CodeVerdictCounts {
    std::array<Index, 9> counts{};

    constexpr void add(CodeVerdict verdict) noexcept {
        ++counts[static_cast<std::size_t>(verdict)];
    }
    constexpr Index of(CodeVerdict verdict) const noexcept {
        return counts[static_cast<std::size_t>(verdict)];
    }
};

}  // namespace gppo
