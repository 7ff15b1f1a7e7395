// SPDX-License-Identifier: Apache-2.0
//
// A program in a sandbox that is spoken with, line by line, while it runs.
#pragma once

#include <gppo/core/error.hpp>
#include <gppo/sandbox/sandbox.hpp>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <optional>
#include <poll.h>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

namespace gppo {

/// Owns the sandbox. The wall limit holds for each line that is waited for.
class SandboxSession {
  public:
    /// `on_standard_input`: requests are the program's standard input, and not a pipe apart.
    SandboxSession(Sandbox& sandbox, std::string_view mode, const SandboxLimits& limits,
                   bool on_standard_input)
        : sandbox_(sandbox) {
        auto [inside, host] = make_stream();
        set_nonblocking(host);
        const OwnedFd nothing = sealed_file("");
        running_ = on_standard_input ? sandbox.begin(mode, limits, inside.get(), -1)
                                     : sandbox.begin(mode, limits, nothing.get(), inside.get());
        requests_ = std::move(host);
    }

    /// False if the program does not read it in time.
    bool send(std::string_view line) {
        const auto deadline = RunningProgram::Clock::now() + wall();
        const std::string text = std::string(line) + "\n";
        for (std::string_view rest = text; !rest.empty();) {
            const ssize_t done = ::send(requests_.get(), rest.data(), rest.size(), MSG_NOSIGNAL);
            if (done > 0) {
                rest.remove_prefix(static_cast<std::size_t>(done));
            } else if (errno == EAGAIN && RunningProgram::Clock::now() < deadline) {
                pollfd place{requests_.get(), POLLOUT, 0};
                ::poll(&place, 1, 50);
            } else if (errno != EINTR) {
                return false;
            }
        }
        return true;
    }

    /// The next line it answers; nothing if it ended first, and result() then says how.
    std::optional<std::string> receive() {
        sandbox_.restart_clock(running_);
        for (;;) {
            // What was written before the end is still to be read after it.
            auto& text = ended_ ? result_.answers : running_.answers.text;
            const auto end = text.find('\n');
            if (end != text.npos) {
                std::string line = text.substr(0, end);
                text.erase(0, end + 1);
                running_.answers.seen = text.size();
                return line;
            }
            if (ended_) break;
            ended_ = sandbox_.step(running_, result_);
        }
        return std::nullopt;
    }

    const SandboxRun& result() const noexcept { return result_; }
    const std::string& nonce() const noexcept { return running_.nonce; }

  private:
    RunningProgram::Clock::duration wall() const {
        return seconds_of(running_.limits.wall_seconds);
    }

    Sandbox& sandbox_;
    RunningProgram running_;
    OwnedFd requests_;
    SandboxRun result_;
    bool ended_ = false;
};

}  // namespace gppo
