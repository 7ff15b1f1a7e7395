// SPDX-License-Identifier: Apache-2.0
//
// Judges a program by a script of asserts. Script and program run in two sandboxes that cannot see
// each other; the host carries calls one way and plain data the other. What the program answers is
// never compared where the program could reach.
#pragma once

#include <gppo/core/error.hpp>
#include <gppo/sandbox/checker.hpp>
#include <gppo/sandbox/sandbox.hpp>
#include <gppo/sandbox/session.hpp>
#include <gppo/verify/code_answer.hpp>
#include <gppo/verify/code_tests.hpp>
#include <gppo/verify/code_value.hpp>
#include <gppo/verify/code_verdict.hpp>

#include <nlohmann/json.hpp>

#include <chrono>
#include <cmath>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace gppo {

class CodeScript {
  public:
    /// `program` is the sandbox of the candidate, `checker` a fresh one for the script.
    CodeScript(const CodeTests& tests, Sandbox& program, Sandbox& checker, SandboxLimits limits,
               double total_seconds)
        : tests_(tests),
          end_(std::chrono::steady_clock::now() + seconds_of(total_seconds)),
          program_(program, "session", over_all(limits, total_seconds), false),
          checker_((checker.program(checker_program()), checker), "stdin", own_limits(), true) {}

    CodeJudgement judge() {
        if (auto failed = loaded()) return *failed;
        const Json start{
            {"script", tests_.script}, {"before", tests_.before}, {"entry", tests_.entry_point}};
        checker_.send(start.dump(-1, ' ', true, Json::error_handler_t::replace));
        while (auto line = checker_.receive()) {
            Json message = Json::parse(*line, nullptr, false);
            if (!message.is_object() || !message.contains("op")) break;
            passed_ = message.value("p", std::size_t{0});
            total_ = message.value("t", std::size_t{0});
            if (message["op"] == "end") return verdict(message);
            if (auto failed = forward(message)) return *failed;
            if (std::chrono::steady_clock::now() > end_)
                return failure(CodeVerdict::timeout, "no time left for all asserts");
        }
        return unfinished();
    }

  private:
    static SandboxLimits over_all(SandboxLimits limits, double seconds) {
        limits.cpu_seconds = std::max(limits.cpu_seconds, std::ceil(seconds));
        return limits;
    }
    static SandboxLimits own_limits() {
        SandboxLimits limits;
        limits.set_timeout(10);
        limits.output_bytes = 64u << 20;
        return limits;
    }

    CodeJudgement failure(CodeVerdict verdict, std::string reason) const {
        return {verdict, passed_, std::max(total_, passed_ + 1), std::move(reason)};
    }

    /// A script that goes on for ever over what the program answered is no failure of ours.
    CodeJudgement unfinished() const {
        const RunEnd end = checker_.result().end;
        if (answered_ && end == RunEnd::timeout)
            return failure(CodeVerdict::timeout, "the asserts over its answers take too long");
        if (answered_ && end == RunEnd::memory)
            return failure(CodeVerdict::memory,
                           "the asserts over its answers take too much memory");
        return failure(CodeVerdict::infra_error, "the script did not run to its end");
    }

    /// What the program said to a request, or why it said nothing.
    std::optional<CodeAnswer> answer(CodeJudgement& failed) {
        const auto line = program_.receive();
        if (line) {
            if (auto read = read_answer(*line + "\n", program_.nonce())) return read;
            failed = failure(CodeVerdict::runtime_error, "wrote to a pipe that is not its own");
        } else if (const auto ended = run_failure(program_.result(), std::nullopt)) {
            failed = failure(ended->verdict, ended->reason);
        } else {
            failed = failure(CodeVerdict::runtime_error, "ended without an answer");
        }
        return std::nullopt;
    }

    std::optional<CodeJudgement> loaded() {
        CodeJudgement failed;
        const auto first = answer(failed);
        if (!first) return failed;
        if (first->kind == "value") return std::nullopt;
        const auto ended = answer_failure(*first);
        return failure(ended ? ended->verdict : CodeVerdict::runtime_error,
                       ended ? ended->reason : "it could not be loaded");
    }

    std::optional<CodeJudgement> forward(const Json& message) {
        Json request;  // how many asserts passed is none of the program's business
        for (const char* key : {"op", "o", "n", "a", "k"}) request[key] = message[key];
        CodeJudgement failed;
        if (!program_.send(request.dump(-1, ' ', true, Json::error_handler_t::replace)))
            return failure(CodeVerdict::timeout, "does not take its arguments");
        const auto said = answer(failed);
        if (!said) return failed;
        if (said->kind == "memory") return failure(CodeVerdict::memory, "over its memory");
        answered_ = true;
        Json reply = too_deep(said->text) ? Json() : Json::parse(said->text, nullptr, false);
        if (said->kind == "error" && reply.is_string())
            reply = {{"v", nullptr}, {"m", Json::array()}, {"e", reply}};
        else if (said->kind != "value" || !whole(reply))
            reply = {{"v", nullptr},
                     {"m", Json::array()},
                     {"e", "RuntimeError: its answer is not a value"}};
        checker_.send(reply.dump(-1, ' ', true, Json::error_handler_t::replace));
        return std::nullopt;
    }

    /// A reply the program did not invent a form of its own for.
    static bool whole(const Json& reply) {
        return reply.is_object() && reply.size() == 3 && reply.contains("v") &&
               reply.contains("m") && reply["m"].is_array() && reply.contains("e") &&
               reply["e"].is_null();
    }

    CodeJudgement verdict(const Json& message) const {
        const std::string kind = message.value("n", ""), text = message.value("a", "");
        if (kind == "ok") return {CodeVerdict::pass, passed_, total_, ""};
        CodeJudgement judged{CodeVerdict::wrong, passed_, total_, text};
        if (kind == "error") judged.verdict = CodeVerdict::runtime_error;
        if (kind == "broken") judged.verdict = CodeVerdict::infra_error;
        return judged;
    }

    const CodeTests& tests_;
    std::chrono::steady_clock::time_point end_;
    SandboxSession program_, checker_;
    std::size_t passed_ = 0, total_ = 0;
    bool answered_ = false;
};

}  // namespace gppo
