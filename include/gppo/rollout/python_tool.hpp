// SPDX-License-Identifier: Apache-2.0
//
// Python as a tool: an Environment that runs the program a turn ends with, in a sandbox of its own,
// and says what it printed. Every call starts from nothing, so that what one program leaves behind
// cannot reach another. What a program prints is foreign text: it can hold no control token.
#pragma once

#include <gppo/concepts/environment.hpp>
#include <gppo/core/error.hpp>
#include <gppo/sandbox/detect.hpp>
#include <gppo/text/tokenizer.hpp>
#include <gppo/text/tool_frame.hpp>
#include <gppo/verify/python_call.hpp>

#include <algorithm>
#include <atomic>
#include <map>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace gppo {

struct PythonToolOptions {
    SandboxOptions sandbox{};
    IsolationLevel minimum = IsolationLevel::bubblewrap;  ///< programs are refused below
    bool forced = false;                                  ///< run them all the same
    CallForm form = CallForm::fence;
    ToolFrame frame{};
    double seconds = 60;            ///< that one program may run, working or asleep
    Index max_output_tokens = 256;  ///< of what it prints; the rest is left out
    int threads = 2;                ///< programs at a time
};

/// What a program printed, and why it ended badly.
struct PythonOutput {
    std::string text{};
    bool failed = false, broken = false;
};

class PythonTool {
  public:
    /// Error where programs cannot be isolated. `tokenizer` must outlive the tool.
    PythonTool(const Tokenizer& tokenizer, PythonToolOptions options)
        : tokenizer_(&tokenizer),
          options_(std::move(options)),
          found_(detect_isolation(options_.sandbox)) {
        expects(found_.level != IsolationLevel::none, [&] {
            return "the Python tool: no program can be run here (" + found_.reason + ")";
        });
        expects(found_.level >= options_.minimum || options_.forced, [&] {
            return "the Python tool: untrusted programs need " +
                   std::string(isolation_name(options_.minimum)) + ", and isolation is only " +
                   std::string(isolation_name(found_.level)) + " (" + found_.reason +
                   "): install bubblewrap";
        });
        found_.options.temporary_bytes = limits().temporary_bytes;
    }

    /// Equal programs of one call run once.
    std::vector<Observation> operator()(std::span<const Turn> turns) const {
        std::vector<Observation> said(turns.size());
        std::vector<std::size_t> job(turns.size());
        std::map<std::string, std::size_t> places;
        std::vector<const std::string*> programs;
        for (std::size_t i = 0; i < turns.size(); ++i) {
            const PythonCall call = python_call(text_of(turns[i]), options_.form);
            said[i].called = call.called;
            said[i].well_formed = call.well_formed;
            if (!call.called || !call.well_formed) continue;
            const auto [place, fresh] = places.try_emplace(call.program, programs.size());
            if (fresh) programs.push_back(&place->first);
            job[i] = place->second;
        }
        const std::vector<PythonOutput> outputs = run_all(programs);
        for (std::size_t i = 0; i < turns.size(); ++i) {
            if (!said[i].called) continue;
            const PythonOutput out = said[i].well_formed
                                         ? outputs[job[i]]
                                         : PythonOutput{"Error: no program could be read", true};
            said[i].failed = out.failed;
            said[i].broken = out.broken;
            said[i].tokens =
                tool_reply(*tokenizer_, options_.frame, out.text, options_.max_output_tokens);
        }
        return said;
    }

    /// One program, in a new sandbox. A sandbox that fails is tried once more.
    PythonOutput run(const std::string& program) const {
        for (int attempt = 0; attempt < 2; ++attempt) {
            try {
                Sandbox sandbox(found_.options);
                sandbox.program(program);
                const SandboxRun run = sandbox.run("stdin", "", limits());
                if (run.end != RunEnd::broken) return output_of(run);
            } catch (const Error&) {
                continue;
            }
        }
        return {"", true, true};
    }

    const PythonToolOptions& options() const noexcept { return options_; }

  private:
    SandboxLimits limits() const {
        SandboxLimits limits;
        limits.cpu_seconds = limits.wall_seconds = options_.seconds;
        // A token is seldom longer: what no reply can hold need not be read.
        limits.output_bytes = static_cast<std::size_t>(options_.max_output_tokens) * 64 + 4096;
        return limits;
    }

    /// The turn as text, without the control token it ended with.
    std::string text_of(const Turn& turn) const {
        return tokenizer_->decode({turn.tokens.data, static_cast<std::size_t>(turn.tokens.size)},
                                  true);
    }

    /// What was printed and, where it ended badly, the last line of the error.
    PythonOutput output_of(const SandboxRun& run) const {
        std::string text(trimmed(run.output)), why;
        const std::string_view errors = trimmed(run.errors);
        if (run.end == RunEnd::timeout) why = "Error: timed out";
        if (run.end == RunEnd::memory) why = "Error: out of memory";
        if (run.end == RunEnd::output_limit) why = "Error: too much output";
        if (run.end == RunEnd::signalled) why = "Error: killed by signal";
        if (run.end == RunEnd::exited && run.code != 0)
            why = errors.empty() ? "Error: exit status " + std::to_string(run.code)
                                 : std::string(errors.substr(errors.rfind('\n') + 1));
        if (!why.empty()) text += (text.empty() ? "" : "\n") + why;
        return {std::move(text), !why.empty(), false};
    }

    std::vector<PythonOutput> run_all(const std::vector<const std::string*>& programs) const {
        std::vector<PythonOutput> out(programs.size());
        std::atomic<std::size_t> next{0};
        const auto work = [&] {
            for (std::size_t i = next++; i < programs.size(); i = next++)
                out[i] = run(*programs[i]);
        };
        std::vector<std::jthread> workers;
        const auto most = std::min<std::size_t>(
            static_cast<std::size_t>(std::max(options_.threads, 1)), programs.size());
        for (std::size_t i = 1; i < most; ++i) workers.emplace_back(work);
        work();
        workers.clear();
        return out;
    }

    const Tokenizer* tokenizer_;
    PythonToolOptions options_;
    DetectedIsolation found_;
};

}  // namespace gppo
