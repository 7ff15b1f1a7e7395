// SPDX-License-Identifier: Apache-2.0
//
// The driver's process at each level of isolation: started, spoken to, and gone with all that it
// holds when its owner is.
#pragma once

#include <gppo/core/error.hpp>
#include <gppo/core/file.hpp>
#include <gppo/sandbox/channel.hpp>
#include <gppo/sandbox/landlock.hpp>
#include <gppo/sandbox/options.hpp>
#include <gppo/sandbox/run.hpp>
#include <gppo/sandbox/spawn.hpp>
#include <gppo/sandbox/user.hpp>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <poll.h>
#include <string>
#include <string_view>
#include <sys/wait.h>
#include <system_error>
#include <utility>
#include <vector>

namespace gppo {

inline RunningProgram::Clock::duration seconds_of(double value) {
    return std::chrono::duration_cast<RunningProgram::Clock::duration>(
        std::chrono::duration<double>(value));
}

class LaunchedDriver {
  public:
    using Clock = RunningProgram::Clock;

    explicit LaunchedDriver(SandboxOptions options) : options_(std::move(options)) {
        try {
            start();
        } catch (...) {
            stop();
            throw;
        }
    }
    LaunchedDriver(const LaunchedDriver&) = delete;
    LaunchedDriver& operator=(const LaunchedDriver&) = delete;
    ~LaunchedDriver() { stop(); }

    pid_t process() const noexcept { return process_; }  ///< -1 once stopped
    /// The driver itself, whose children are the runs. Known once it is ready.
    pid_t driver() const noexcept { return driver_; }
    const OwnedFd& control() const noexcept { return control_; }
    /// Processes of our own user that limits count as well.
    std::size_t others() const noexcept { return others_; }

    /// Waits until the driver has said that it runs. Error if it does not.
    void await_ready() {
        while (!ready_) {
            pollfd place{control_.get(), POLLIN, 0};
            ::poll(&place, 1, 50);
            const auto message = receive_message(control_);
            if (message && *message == "ready") {
                ready_ = true;
            } else if ((message && message->empty()) || Clock::now() > start_deadline_) {
                throw Error("sandbox: " + why_broken("it did not start"));
            }
        }
        if (information_) open_inner();
    }

    /// One message. Error if the driver is gone.
    void tell(std::string_view verb, const std::vector<std::string>& words,
              const std::vector<int>& fds) {
        std::string text(verb);
        for (const auto& word : words) text.append(1, '\x1f').append(word);
        expects(text.size() < 60000, "sandbox: a message is too long");
        if (!send_message(control_, text, fds))
            throw Error("sandbox: " + why_broken("it ended by itself"));
    }

    /// The last line the driver or bubblewrap wrote to its standard error.
    std::string why_broken(const std::string& otherwise) {
        errors_.read_available();
        std::string text = errors_.text;
        while (!text.empty() && text.back() == '\n') text.pop_back();
        const auto line = text.rfind('\n');
        if (line != text.npos) text = text.substr(line + 1);
        return text.empty() ? otherwise : text;
    }

    /// Kills everything inside and waits until it is gone.
    void stop() noexcept {
        if (process_ > 0) end_process();
        process_ = -1;
        control_.reset();
        if (directory_.empty()) return;
        std::error_code ignored;
        std::filesystem::remove_all(directory_, ignored);
        directory_.clear();
    }

  private:
    void end_process() noexcept {
        if (!inner_) {
            // bubblewrap's child is in its group until it has a session of its own, and has told
            // its number before. It dies with its parent only later.
            ::kill(-process_, SIGKILL);
            if (information_) {
                set_nonblocking(information_);
                open_inner();
            }
        }
        if (inner_)
            ::syscall(SYS_pidfd_send_signal, inner_.get(), SIGKILL, nullptr, 0u);
        else
            ::kill(process_, SIGKILL);
        if (options_.level != IsolationLevel::bubblewrap) {
            ::kill(-process_, SIGKILL);
            if (user_ != 0) kill_user(user_);
        }
        while (::waitpid(process_, nullptr, 0) < 0 && errno == EINTR) continue;
    }

    void start() {
        auto [host, inside] = make_message_channel();
        auto [errors, errors_inside] = make_pipe();
        set_nonblocking(errors);
        errors_.end = std::move(errors);
        errors_.limit = errors_.kept = 4096;
        const Descriptor null("/dev/null", O_RDWR);
        SpawnRequest request;
        request.environment = sandbox_environment();
        request.fds = {null.get(), null.get(), errors_inside.get(), inside.get()};
        request.user = user_ = unused_user();
        const OwnedFd code = sealed_file(options_.compiled_driver);
        OwnedFd information, filter, rules;
        if (options_.level == IsolationLevel::bubblewrap) {
            auto [host_end, inner_end] = make_pipe();
            const auto program = seccomp_filter(false);
            expects(!program.empty(), "sandbox: no system call filter for this architecture");
            filter = sealed_file({reinterpret_cast<const char*>(program.data()),
                                  program.size() * sizeof(sock_filter)});
            information_ = std::move(host_end);
            information = std::move(inner_end);
            request.fds.insert(request.fds.end(), {filter.get(), information.get(), code.get()});
            request.arguments = bubblewrap_command(options_);
        } else {
            request.fds.push_back(code.get());
            rules = restrict_without_namespaces(request);
        }
        process_ = driver_ = spawn_process(request);
        control_ = std::move(host);
        start_deadline_ = Clock::now() + seconds_of(options_.start_seconds);
    }

    /// A directory of its own and, at level landlock, rules and a filter.
    OwnedFd restrict_without_namespaces(SpawnRequest& request) {
        std::string name = (std::filesystem::temp_directory_path() / "gppo-run-XXXXXX").string();
        expects(::mkdtemp(name.data()) != nullptr, "sandbox: cannot make " + name);
        directory_ = name;
        if (user_ != 0 && ::chown(name.c_str(), user_, user_) != 0)
            throw_system_error("cannot hand over " + name);
        request.directory = name;
        request.arguments = driver_command(options_, name, 4);
        if (user_ == 0) others_ = processes_of_this_user();
        if (options_.level != IsolationLevel::landlock) return OwnedFd();
        std::vector<std::string> readable{
            "/usr", "/lib", "/lib64", "/bin", "/etc/alternatives", "/etc/ld.so.cache"};
        readable.insert(readable.end(), options_.readable.begin(), options_.readable.end());
        OwnedFd rules(landlock_ruleset(readable, {name}));
        if (!rules) throw_system_error("cannot make Landlock rules");
        request.landlock = rules.get();
        request.filter = seccomp_filter(true);
        expects(!request.filter.empty(), "sandbox: no system call filter for this architecture");
        return rules;
    }

    /// A handle on the first process inside, which is alive: it has just spoken.
    void open_inner() {
        std::array<char, 256> text{};
        if (::read(information_.get(), text.data(), text.size() - 1) > 0)
            if (const char* colon = std::strchr(text.data(), ':')) {
                driver_ = static_cast<pid_t>(std::atoi(colon + 1));
                inner_ = OwnedFd(static_cast<int>(::syscall(SYS_pidfd_open, driver_, 0u)));
            }
        information_.reset();
    }

    SandboxOptions options_;
    pid_t process_ = -1, driver_ = -1;
    uid_t user_ = 0;
    OwnedFd control_, information_, inner_;
    LimitedPipe errors_;
    std::string directory_;
    std::size_t others_ = 0;
    Clock::time_point start_deadline_;
    bool ready_ = false;
};

}  // namespace gppo
