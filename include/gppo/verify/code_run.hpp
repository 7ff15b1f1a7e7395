// SPDX-License-Identifier: Apache-2.0
//
// One program and its tests: a sandbox, a new one where a test had to be killed, a verdict for each
// test, and the first failure as the verdict on the program.
#pragma once

#include <gppo/core/error.hpp>
#include <gppo/sandbox/sandbox.hpp>
#include <gppo/verify/code_answer.hpp>
#include <gppo/verify/code_output.hpp>
#include <gppo/verify/code_prelude.hpp>
#include <gppo/verify/code_script.hpp>
#include <gppo/verify/code_tests.hpp>
#include <gppo/verify/code_value.hpp>
#include <gppo/verify/code_verdict.hpp>

#include <nlohmann/json.hpp>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gppo {

class CodeRun {
  public:
    CodeRun(SandboxOptions options, const CodeTests& tests, const std::string& program,
            SandboxLimits limits)
        : options_(std::move(options)),
          tests_(tests),
          program_(tests.before + program),
          limits_(limits) {
        options_.temporary_bytes = limits.temporary_bytes;
    }

    /// The judgement if it does not compile. The binary is kept outside the sandbox, sealed.
    std::optional<CodeJudgement> compile(const std::vector<std::string>& compiler,
                                         const SandboxLimits& limits) {
        OwnedFd binary = memory_file();
        Sandbox& box = sandbox();
        const SandboxRun run = box.run("compile", program_, limits, binary.get(), compiler);
        if (run.end == RunEnd::broken) throw Error("sandbox: " + run.reason);
        if (run.end == RunEnd::exited && run.code == 0) {
            seal(binary);
            binary_ = std::move(binary);
            return std::nullopt;
        }
        const std::string why =
            run.end == RunEnd::exited ? one_line(run.errors) : "the compiler went over its limits";
        return CodeJudgement{CodeVerdict::compile_error, 0, tests_.size(), why};
    }

    /// Runs the chosen tests. Those that no time is left for count as timed out.
    CodeJudgement all(const std::vector<std::size_t>& chosen, double total_seconds, bool stop) {
        if (tests_.kind == CodeTestKind::script) {
            Sandbox checker(options_);
            return CodeScript(tests_, sandbox(), checker, limits_, total_seconds).judge();
        }
        CodeJudgement sum{CodeVerdict::pass, 0, chosen.size(), ""};
        const auto end =
            std::chrono::steady_clock::now() + std::chrono::duration<double>(total_seconds);
        for (std::size_t i : chosen) {
            CodeJudgement one{CodeVerdict::timeout, 0, 1, "no time left for all tests"};
            if (std::chrono::steady_clock::now() < end) one = test(i);
            if (one.verdict == CodeVerdict::infra_error) return one;
            sum.passed += one.verdict == CodeVerdict::pass;
            if (one.verdict == CodeVerdict::pass || sum.verdict != CodeVerdict::pass) continue;
            sum.verdict = one.verdict;
            sum.reason = "test " + std::to_string(i + 1) + ": " + one.reason;
            // What does not compile for one test does for none.
            if (stop || one.verdict == CodeVerdict::compile_error) break;
        }
        return sum;
    }

  private:
    Sandbox& sandbox() {
        if (sandbox_ && sandbox_->alive()) return *sandbox_;
        sandbox_.reset();
        sandbox_.emplace(options_);
        if (tests_.language == CodeLanguage::python) {
            sandbox_->preload({}, imports_of(program_));
            sandbox_->program(program_);
            if (tests_.prelude) sandbox_->preload(prelude_for(program_), {});
        }
        return *sandbox_;
    }

    CodeJudgement test(std::size_t i) {
        return tests_.kind == CodeTestKind::program ? test_program(tests_.cases[i])
                                                    : test_call(tests_.calls[i]);
    }

    CodeJudgement test_program(const CodeCase& one) {
        Sandbox& box = sandbox();
        RunningProgram running;
        const bool binary = tests_.language == CodeLanguage::cpp;
        const OwnedFd input = sealed_file(one.input);
        running = box.begin(binary ? "binary" : "stdin", limits_, input.get(),
                            binary ? binary_.get() : -1);
        const SandboxRun run = box.complete(running);
        if (auto failed = run_failure(run, read_answer(run.answers, running.nonce))) return *failed;
        if (!run.answers.empty())
            return {CodeVerdict::runtime_error, 0, 1, "wrote to a pipe that is not its own"};
        if (same_output(run.output, one.output, tests_.rule, tests_.tolerance))
            return {CodeVerdict::pass, 1, 1, ""};
        return {CodeVerdict::wrong, 0, 1, "another output than expected: " + one_line(run.output)};
    }

    CodeJudgement test_call(const CodeCall& call) {
        Sandbox& box = sandbox();
        const Json request{{"f", call.function}, {"a", call.arguments}, {"k", call.named}};
        const OwnedFd input = sealed_file(request.dump());
        const OwnedFd nothing = sealed_file("");
        RunningProgram running = box.begin("call", limits_, nothing.get(), input.get());
        const SandboxRun run = box.complete(running);
        const auto answer = read_answer(run.answers, running.nonce);
        if (auto failed = run_failure(run, answer)) return *failed;
        if (!answer) return {CodeVerdict::runtime_error, 0, 1, "ended without an answer"};
        const Json value = too_deep(answer->text) ? Json(Json::value_t::discarded)
                                                  : Json::parse(answer->text, nullptr, false);
        if (value.is_discarded())
            return {CodeVerdict::runtime_error, 0, 1, "its answer is not a value"};
        if (right(value, call)) return {CodeVerdict::pass, 1, 1, ""};
        return {CodeVerdict::wrong, 0, 1,
                "another answer than expected: " + one_line(answer->text)};
    }

    /// A value of a form that does not exist is wrong, and no failure of ours.
    bool right(const Json& value, const CodeCall& call) const {
        try {
            bool same = same_value(value, call.expected, tests_.equality);
            for (const auto& other : call.alternatives)
                same = same || same_value(value, other, tests_.equality);
            return same;
        } catch (const Json::exception&) {
            return false;
        }
    }

    SandboxOptions options_;
    const CodeTests& tests_;
    std::string program_;
    SandboxLimits limits_;
    OwnedFd binary_;
    std::optional<Sandbox> sandbox_;
};

}  // namespace gppo
