// SPDX-License-Identifier: Apache-2.0
//
// Which isolation works here: found by running a small program at each level, the best first.
#pragma once

#include <gppo/core/error.hpp>
#include <gppo/sandbox/sandbox.hpp>

#include <optional>
#include <string>

namespace gppo {

/// What was found, with the options that work, and why nothing better did.
struct DetectedIsolation {
    IsolationLevel level = IsolationLevel::none;
    SandboxOptions options;
    std::string reason;
};

/// Empty if a program runs under `options`, or else the reason.
inline std::string try_isolation(const SandboxOptions& options) {
    try {
        Sandbox sandbox(options);
        sandbox.program("print(6 * 7)");
        const SandboxRun run = sandbox.run("stdin", "", SandboxLimits{});
        if (run.end == RunEnd::exited && run.output == "42\n") return "";
        return run.reason.empty() ? "a test program did not run" : run.reason;
    } catch (const Error& error) {
        return error.what();
    }
}

/// The driver as this Python compiles it; empty if that fails, and each sandbox then does it
/// itself.
inline std::string compile_driver(const SandboxOptions& options) {
    Sandbox sandbox(options);
    sandbox.program(
        "import sys, marshal\n"
        "code = compile(sys.stdin.read(), 'driver', 'exec', dont_inherit=True)\n"
        "sys.stdout.buffer.write(marshal.dumps(code))");
    const SandboxRun run = sandbox.run("stdin", sandbox_program(), SandboxLimits{});
    return run.end == RunEnd::exited && run.code == 0 ? run.output : std::string();
}

/// Tries `options.level` and then the levels below it.
inline DetectedIsolation detect_isolation(const SandboxOptions& options) {
    DetectedIsolation found;
    for (const IsolationLevel level :
         {IsolationLevel::bubblewrap, IsolationLevel::landlock, IsolationLevel::rlimits}) {
        if (level > options.level) continue;
        for (const bool proc : {true, false}) {
            if (proc && !options.proc) continue;
            found.options = options;
            found.options.level = level;
            found.options.proc = proc;
            const std::string reason = try_isolation(found.options);
            if (reason.empty()) {
                found.level = level;
                found.options.compiled_driver = compile_driver(found.options);
                return found;
            }
            if (found.reason.empty() || level != IsolationLevel::bubblewrap)
                found.reason += (found.reason.empty() ? "" : "; ") +
                                std::string(isolation_name(level)) + ": " + reason;
            if (level != IsolationLevel::bubblewrap) break;
        }
    }
    return found;
}

}  // namespace gppo
