// SPDX-License-Identifier: Apache-2.0
//
// Sandbox: one untrusted program, kept apart, run as often as it has tests. A driver inside forks
// for each run; pipes and limits are the host's. The whole sandbox is gone, with every process the
// program made, when the object is.
#pragma once

#include <gppo/core/error.hpp>
#include <gppo/sandbox/channel.hpp>
#include <gppo/sandbox/launch.hpp>
#include <gppo/sandbox/limits.hpp>
#include <gppo/sandbox/process_tree.hpp>
#include <gppo/sandbox/run.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <poll.h>
#include <random>
#include <string>
#include <string_view>
#include <sys/wait.h>
#include <utility>
#include <vector>

namespace gppo {

/// Not for use by two threads at once. Every member throws Error where the sandbox, not the
/// program, fails.
class Sandbox {
  public:
    using Clock = RunningProgram::Clock;

    explicit Sandbox(SandboxOptions options) : driver_(std::move(options)) {}
    Sandbox(const Sandbox&) = delete;
    Sandbox& operator=(const Sandbox&) = delete;

    /// Still usable: a run that had to be killed takes the sandbox with it.
    bool alive() const noexcept { return driver_.process() > 0 && !dirty_; }

    /// Python modules whose names the program may use without importing them, and those it imports.
    void preload(const std::vector<std::string>& named, const std::vector<std::string>& imported) {
        if (!imported.empty()) driver_.tell("import", imported, {});
        if (!named.empty()) driver_.tell("preload", named, {});
    }
    /// The text of a Python program, for every run from here on.
    void program(std::string_view text) {
        const OwnedFd file = sealed_file(text);
        driver_.tell("program", {}, {file.get()});
    }

    /// Runs the program once. Modes: stdin, call, binary, compile (see driver.hpp). `extra` is the
    /// binary, or where the compiler's result goes; `words` is the compiler's command.
    SandboxRun run(std::string_view mode, std::string_view input, const SandboxLimits& limits,
                   int extra = -1, const std::vector<std::string>& words = {}) {
        const OwnedFd file = sealed_file(input);
        RunningProgram running = begin(mode, limits, file.get(), extra, words);
        return complete(running);
    }

    /// Starts a run without waiting for it.
    RunningProgram begin(std::string_view mode, const SandboxLimits& limits, int input, int extra,
                         const std::vector<std::string>& words = {}) {
        expects(alive(), "sandbox: used after it ended");
        driver_.await_ready();
        RunningProgram running;
        running.limits = limits;
        running.nonce = nonce();
        const std::size_t kept = 4096;
        auto out = open_pipe(running.output, limits.output_bytes, limits.output_bytes);
        auto err = open_pipe(running.errors, limits.error_bytes, kept);
        auto answers = open_pipe(running.answers, limits.output_bytes, limits.output_bytes);
        std::vector<std::string> all{std::string(mode), running.nonce};
        for (const std::size_t limit :
             {kernel_seconds(limits), limits.memory_bytes, limits.file_bytes,
              static_cast<std::size_t>(limits.open_files),
              static_cast<std::size_t>(limits.processes) + driver_.others(), limits.stack_bytes})
            all.push_back(std::to_string(limit));
        all.insert(all.end(), words.begin(), words.end());
        std::vector<int> fds{input, out.get(), err.get(), answers.get()};
        if (mode == "compile")
            fds[3] = extra;  // the binary is what a compiler answers
        else if (extra >= 0)
            fds.push_back(extra);
        running.started = Clock::now();
        restart_clock(running);
        running.next_look = running.started + std::chrono::milliseconds(100);
        driver_.tell("run", all, fds);
        return running;
    }

    /// The wall limit counts from now.
    void restart_clock(RunningProgram& running) const {
        running.queued = queued();
        running.deadline = Clock::now() + seconds_of(running.limits.wall_seconds);
    }

    /// Waits until the run is over. A run over its limits is killed, and the sandbox with it.
    SandboxRun complete(RunningProgram& running) {
        SandboxRun result;
        while (!step(running, result)) continue;
        return result;
    }

    /// Moves a run on: until its end (true; `result` is then whole), or something was read.
    bool step(RunningProgram& running, SandboxRun& result) {
        auto next = running.next_look;
        if (running.deadline > Clock::now()) next = std::min(next, running.deadline);
        const auto wait = std::max(next - Clock::now(), Clock::duration::zero());
        std::array<pollfd, 4> places{pollfd{driver_.control().get(), POLLIN, 0},
                                     pollfd{running.output.end.get(), POLLIN, 0},
                                     pollfd{running.errors.end.get(), POLLIN, 0},
                                     pollfd{running.answers.end.get(), POLLIN, 0}};
        const auto pause = std::chrono::ceil<std::chrono::milliseconds>(wait).count();
        ::poll(places.data(), places.size(), static_cast<int>(pause));
        for (auto* pipe : {&running.output, &running.errors, &running.answers})
            pipe->read_available();
        if (running.over()) return kill_run(running, result, RunEnd::output_limit);
        if (const auto message = receive_message(driver_.control())) {
            if (message->empty()) return kill_run(running, result, RunEnd::broken);
            return end_run(running, result, *message);
        }
        return Clock::now() >= next && look(running, result);
    }

    /// Kills everything inside and waits until it is gone.
    void stop() noexcept { driver_.stop(); }

  private:
    /// The kernel's own limit counts whole ticks, which on a busy host may be many more than were
    /// used; look() counts exactly. So it is only the last resort.
    static std::size_t kernel_seconds(const SandboxLimits& limits) {
        return 2 * static_cast<std::size_t>(std::ceil(limits.cpu_seconds)) + 1;
    }

    /// Seconds that this thread and the driver have waited for a processor.
    double queued() const {
        return times_of_task("/proc/thread-self").queued_seconds +
               times_of_task("/proc/" + std::to_string(driver_.driver())).queued_seconds;
    }

    /// Is the run over its time or memory?
    bool look(RunningProgram& running, SandboxRun& result) {
        const auto now = Clock::now();
        running.next_look = now + std::chrono::milliseconds(50);
        const TreeUse use = use_below(driver_.driver());
        const auto shared =
            (std::size_t{16} << 20) * static_cast<std::size_t>(running.limits.processes + 2);
        if (use.resident_bytes > running.limits.memory_bytes + shared) {
            result.reason = std::to_string(use.resident_bytes >> 20) + " MiB in memory";
            return kill_run(running, result, RunEnd::memory);
        }
        if (use.cpu_seconds > running.limits.cpu_seconds)
            return kill_run(running, result, RunEnd::timeout);
        if (now < running.deadline) return false;
        const auto late = now - running.deadline;
        const double queued_since = queued() - running.queued + use.queued_seconds;
        if (late < std::min(seconds_of(queued_since), seconds_of(9 * running.limits.wall_seconds)))
            return false;
        return kill_run(running, result, RunEnd::timeout);
    }

    static std::string nonce() {
        std::random_device random;
        std::array<char, 33> text;
        std::snprintf(text.data(), text.size(), "%08x%08x%08x%08x", random(), random(), random(),
                      random());
        return text.data();
    }
    static OwnedFd open_pipe(LimitedPipe& pipe, std::size_t limit, std::size_t kept) {
        auto [host, program] = make_pipe();
        set_nonblocking(host);
        pipe.end = std::move(host);
        pipe.limit = limit;
        pipe.kept = kept;
        return std::move(program);
    }

    bool kill_run(RunningProgram& running, SandboxRun& result, RunEnd end) {
        if (end == RunEnd::broken) result.reason = driver_.why_broken("the driver ended");
        stop();
        collect(running, result, end);
        return true;
    }

    bool end_run(RunningProgram& running, SandboxRun& result, const std::string& message) {
        int status = 0, dirty = 0;
        unsigned long long cpu = 0, kilobytes = 0;
        if (std::sscanf(message.c_str(), "%d %llu %llu %d", &status, &cpu, &kilobytes, &dirty) != 4)
            return kill_run(running, result, RunEnd::broken);
        dirty_ = dirty != 0;
        if (dirty_) stop();
        result.cpu_seconds = static_cast<double>(cpu) * 1e-6;
        result.peak_bytes = kilobytes << 10;
        const bool signalled = WIFSIGNALED(status);
        result.code = signalled ? WTERMSIG(status) : WEXITSTATUS(status);
        RunEnd end = signalled ? RunEnd::signalled : RunEnd::exited;
        if ((signalled && result.code == SIGXCPU) ||
            result.cpu_seconds > running.limits.cpu_seconds)
            end = RunEnd::timeout;
        for (auto* pipe : {&running.output, &running.errors, &running.answers})
            pipe->read_available();
        if (running.over()) end = RunEnd::output_limit;
        collect(running, result, end);
        return true;
    }

    static void collect(RunningProgram& running, SandboxRun& result, RunEnd end) {
        result.end = end;
        result.output = std::move(running.output.text);
        result.errors = std::move(running.errors.text);
        result.answers = std::move(running.answers.text);
        const std::chrono::duration<double> wall = Clock::now() - running.started;
        result.wall_seconds = wall.count();
    }

    LaunchedDriver driver_;
    bool dirty_ = false;
};

}  // namespace gppo
