// SPDX-License-Identifier: Apache-2.0
//
// CodeJudge: the verdict on a program. It runs in a sandbox; what it answers is compared here, with
// answers the sandbox never sees. A sandbox that fails is tried again and then reported as
// infra_error, never as a wrong answer.
#pragma once

#include <gppo/core/error.hpp>
#include <gppo/core/in_threads.hpp>
#include <gppo/sandbox/detect.hpp>
#include <gppo/sandbox/sandbox.hpp>
#include <gppo/verify/code_block.hpp>
#include <gppo/verify/code_choice.hpp>
#include <gppo/verify/code_output.hpp>
#include <gppo/verify/code_prelude.hpp>
#include <gppo/verify/code_run.hpp>
#include <gppo/verify/code_tests.hpp>
#include <gppo/verify/code_verdict.hpp>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gppo {

struct CodeJudgeOptions {
    SandboxOptions sandbox;                               ///< level: the best to try
    IsolationLevel minimum = IsolationLevel::bubblewrap;  ///< untrusted code is refused below
    bool forced = false;                  ///< run it all the same, at whatever level works
    int threads = 2;                      ///< workers of judge_all, apart from those that train
    std::size_t max_tests = 0;            ///< of each program, chosen by prompt and step; 0: all
    bool stop_at_first = false;           ///< do not run further tests once one failed
    double total_seconds = 120;           ///< for all tests of one program
    bool whole_response = false;          ///< the response is the program, without a fence
    std::optional<SandboxLimits> limits;  ///< instead of those of the tests
    SandboxLimits compiling = compile_limits();
    std::vector<std::string> compiler{"/usr/bin/g++", "-std=c++20", "-O2", "-pipe", "-x",
                                      "c++",          "-",          "-o",  "a.out"};
};

/// One program to judge. What it points to must live until the judgement is there.
struct CodeJob {
    const CodeTests* tests = nullptr;
    std::string_view response;
    std::uint64_t prompt = 0, step = 0;  ///< choose the tests
};

class CodeJudge {
  public:
    /// Finds out what isolation works here. Error if it is below the minimum and not forced.
    explicit CodeJudge(CodeJudgeOptions options = {})
        : options_(std::move(options)), found_(detect_isolation(options_.sandbox)) {
        expects(found_.level != IsolationLevel::none, [&] {
            return "code reward: no program can be run here (" + found_.reason +
                   "); it needs Python at " + options_.sandbox.python;
        });
        expects(options_.forced || found_.level >= options_.minimum, [&] {
            return "code reward: isolation is only \"" + std::string(isolation_name(found_.level)) +
                   "\" (" + found_.reason + "), untrusted programs need \"" +
                   std::string(isolation_name(options_.minimum)) +
                   "\"; install bubblewrap and allow user namespaces, or lower the minimum, or "
                   "force it";
        });
    }

    IsolationLevel level() const noexcept { return found_.level; }
    /// Why no better level is in force; empty at the best.
    const std::string& reason() const noexcept { return found_.reason; }
    /// Both, for people.
    std::string isolation() const {
        const std::string name(isolation_name(level()));
        return reason().empty() ? name : name + " (" + reason() + ")";
    }

    /// Never throws for what a program or a sandbox does.
    CodeJudgement judge(const CodeTests& tests, std::string_view response, std::uint64_t prompt = 0,
                        std::uint64_t step = 0) const {
        std::optional<std::string> program;
        if (options_.whole_response)
            program = std::string(response);
        else
            program = code_block(response, tests.language);
        if (!program)
            return {CodeVerdict::format_error, 0, tests.size(),
                    "no closed ```" + std::string(language_name(tests.language)) +
                        " block after the thinking"};
        if (program->find('\0') != program->npos)
            return {CodeVerdict::compile_error, 0, tests.size(), "the program has a zero byte"};
        const auto chosen = choose_tests(tests.size(), limit(tests), prompt, step);
        CodeJudgement judged;
        for (int attempt = 0; attempt < 2; ++attempt) {
            try {
                judged = run(tests, *program, chosen);
            } catch (const std::exception& error) {
                judged = {CodeVerdict::infra_error, 0, chosen.size(), error.what()};
            }
            if (judged.verdict != CodeVerdict::infra_error) break;
        }
        return judged;
    }
    CodeJudgement judge(const CodeJob& job) const {
        return judge(*job.tests, job.response, job.prompt, job.step);
    }

    /// The same as judge() for each job, in order, by `threads` workers.
    std::vector<CodeJudgement> judge_all(std::span<const CodeJob> jobs) const {
        std::vector<CodeJudgement> judged(jobs.size());
        in_threads(jobs.size(), options_.threads,
                   [&] { return [&](std::size_t i) { judged[i] = judge(jobs[i]); }; });
        return judged;
    }

    const CodeJudgeOptions& options() const noexcept { return options_; }

  private:
    std::size_t limit(const CodeTests& tests) const noexcept {
        if (options_.max_tests == 0) return tests.most;
        return tests.most == 0 ? options_.max_tests : std::min(options_.max_tests, tests.most);
    }

    CodeJudgement run(const CodeTests& tests, const std::string& program,
                      const std::vector<std::size_t>& chosen) const {
        CodeRun run(found_.options, tests, program, options_.limits.value_or(tests.limits));
        if (tests.language == CodeLanguage::cpp)
            if (auto failed = run.compile(options_.compiler, options_.compiling)) return *failed;
        return run.all(chosen, options_.total_seconds, options_.stop_at_first);
    }

    CodeJudgeOptions options_;
    DetectedIsolation found_;
};

}  // namespace gppo
