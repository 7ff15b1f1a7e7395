// SPDX-License-Identifier: Apache-2.0
//
// What a program's process left on its private pipe, and which failures show before anything is
// compared.
#pragma once

#include <gppo/sandbox/run.hpp>
#include <gppo/verify/boxed.hpp>
#include <gppo/verify/code_verdict.hpp>

#include <nlohmann/json.hpp>

#include <csignal>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace gppo {

using Json = nlohmann::json;

/// What a run said on the private pipe: nothing, or exactly one line "NONCE KIND TEXT".
struct CodeAnswer {
    std::string kind, text;
};

inline std::optional<CodeAnswer> read_answer(std::string_view pipe, std::string_view nonce) {
    if (!pipe.starts_with(nonce) || pipe.substr(nonce.size()).empty() ||
        pipe[nonce.size()] != ' ' || pipe.find('\n') != pipe.size() - 1)
        return std::nullopt;
    pipe.remove_prefix(nonce.size() + 1);
    pipe.remove_suffix(1);
    const auto blank = pipe.find(' ');
    if (blank == pipe.npos) return std::nullopt;
    return CodeAnswer{std::string(pipe.substr(0, blank)), std::string(pipe.substr(blank + 1))};
}

/// One line for a reason, however long and strange the text is.
inline std::string one_line(std::string_view text) {
    text = text.substr(0, 300);
    std::string line;
    for (char c : text) line += static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? ' ' : c;
    return Json(line).dump(-1, ' ', true, Json::error_handler_t::replace);
}

/// How deep a value may be nested: comparing recurses.
inline bool too_deep(std::string_view text, int most = 400) noexcept {
    int depth = 0;
    bool inside = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (inside) {
            if (text[i] == '\\')
                ++i;  // and what it hides is no end
            else
                inside = text[i] != '"';
        } else if (text[i] == '"') {
            inside = true;
        } else if (text[i] == '[' || text[i] == '{') {
            if (++depth > most) return true;
        } else if (text[i] == ']' || text[i] == '}') {
            --depth;
        }
    }
    return false;
}

/// What the program's process said of itself, if that is a failure.
inline std::optional<CodeJudgement> answer_failure(const CodeAnswer& answer) {
    const auto judged = [](CodeVerdict verdict, std::string reason) {
        return CodeJudgement{verdict, 0, 1, std::move(reason)};
    };
    if (answer.kind == "compile") return judged(CodeVerdict::compile_error, one_line(answer.text));
    if (answer.kind == "memory") return judged(CodeVerdict::memory, "over its memory");
    if (answer.kind != "value") return judged(CodeVerdict::runtime_error, one_line(answer.text));
    return std::nullopt;
}

inline std::string_view last_line(std::string_view text) {
    text = trimmed(text);
    const auto end = text.rfind('\n');
    return end == text.npos ? text : text.substr(end + 1);
}

/// What went wrong before any comparison, if anything did.
inline std::optional<CodeJudgement> run_failure(const SandboxRun& run,
                                                const std::optional<CodeAnswer>& answer) {
    const auto judged = [](CodeVerdict verdict, std::string reason) {
        return CodeJudgement{verdict, 0, 1, std::move(reason)};
    };
    switch (run.end) {
        case RunEnd::broken:
            return judged(CodeVerdict::infra_error, "sandbox: " + run.reason);
        case RunEnd::timeout:
            return judged(CodeVerdict::timeout, "over its time");
        case RunEnd::memory:
            return judged(CodeVerdict::memory, "over its memory: " + run.reason);
        case RunEnd::output_limit:
            return judged(CodeVerdict::output_limit, "wrote too much");
        case RunEnd::signalled:
            if (run.code == SIGABRT && run.errors.find("bad_alloc") != run.errors.npos)
                return judged(CodeVerdict::memory, "over its memory");
            return judged(CodeVerdict::runtime_error, "signal " + std::to_string(run.code));
        case RunEnd::exited:
            break;
    }
    if (answer)
        if (auto failed = answer_failure(*answer)) return failed;
    if (run.code != 0)
        return judged(CodeVerdict::runtime_error, "exit status " + std::to_string(run.code) + ": " +
                                                      one_line(last_line(run.errors)));
    return std::nullopt;
}

}  // namespace gppo
