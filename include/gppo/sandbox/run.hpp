// SPDX-License-Identifier: Apache-2.0
//
// One run of a program and what comes out of it, read through pipes with a limit on each.
#pragma once

#include <gppo/sandbox/channel.hpp>
#include <gppo/sandbox/limits.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <unistd.h>

namespace gppo {

/// How a run ended. `broken` is the sandbox's failure, never the program's.
enum class RunEnd { exited, signalled, timeout, memory, output_limit, broken };

struct SandboxRun {
    RunEnd end = RunEnd::broken;
    int code = 0;            ///< exit status or signal
    std::string output;      ///< standard output
    std::string errors;      ///< the start of standard error
    std::string answers;     ///< the private pipe, as the program's process left it
    double cpu_seconds = 0;  ///< of its main process and the children it waited for
    double wall_seconds = 0;
    std::size_t peak_bytes = 0;
    std::string reason;  ///< of a run that was killed
};

/// A pipe that is read up to a limit; `kept` bytes of it are stored.
struct LimitedPipe {
    OwnedFd end;
    std::size_t limit = 0, kept = 0, seen = 0;
    std::string text;

    bool over() const noexcept { return seen > limit; }
    /// Reads what is there. At the end of the pipe the descriptor is closed.
    void read_available() {
        std::array<char, 65536> buffer;
        while (end && !over()) {
            const ssize_t got = ::read(end.get(), buffer.data(), buffer.size());
            if (got < 0 && errno == EINTR) continue;
            if (got < 0) return;  // nothing now
            if (got == 0) return end.reset();
            const auto n = static_cast<std::size_t>(got);
            seen += n;
            if (text.size() < kept) text.append(buffer.data(), std::min(n, kept - text.size()));
        }
    }
};

/// A run in progress: the host's ends of its pipes and its deadline.
struct RunningProgram {
    using Clock = std::chrono::steady_clock;
    LimitedPipe output, errors, answers;
    OwnedFd requests;  ///< to a session
    SandboxLimits limits;
    Clock::time_point started, deadline, next_look;
    double queued = 0;  ///< seconds that we and the driver had waited for a processor at the start
    std::string nonce;
    std::size_t consumed = 0;  ///< of the answers, by a session

    bool over() const noexcept { return output.over() || errors.over() || answers.over(); }
};

}  // namespace gppo
