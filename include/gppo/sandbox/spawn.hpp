// SPDX-License-Identifier: Apache-2.0
//
// Starts a program with chosen descriptors, another user and restrictions, from a process that may
// have many threads and much memory: the child borrows the parent's memory until it executes
// (vfork), so it makes plain system calls only.
#pragma once

#include <gppo/core/error.hpp>
#include <gppo/sandbox/channel.hpp>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <fcntl.h>
#include <grp.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <string>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace gppo {

/// What to start and how. Descriptor i of the child is fds[i]; all others are closed.
struct SpawnRequest {
    std::vector<std::string> arguments;    ///< the first is the program's path
    std::vector<std::string> environment;  ///< "NAME=value", nothing else is inherited
    std::vector<int> fds;
    std::string directory = "/";
    uid_t user = 0;                   ///< 0: stay who we are
    int landlock = -1;                ///< a ruleset to restrict the child with
    std::vector<sock_filter> filter;  ///< a seccomp filter for the child
};

namespace spawn {

/// Shared with the child, which lives in our memory until it executes.
struct Child {
    const SpawnRequest* request;
    std::array<int, 16> fds;
    char* const* arguments;
    char* const* environment;
    const char* step = nullptr;  ///< what failed
    int error = 0;
};

inline bool become(uid_t user) noexcept {
    const gid_t group = user;
    return ::syscall(SYS_setgroups, 0, nullptr) == 0 &&
           ::syscall(SYS_setresgid, group, group, group) == 0 &&
           ::syscall(SYS_setresuid, user, user, user) == 0;
}

/// Descriptors into place. All sources lie above the targets, so none is overwritten.
inline bool place_fds(Child& child) noexcept {
    const int count = static_cast<int>(child.request->fds.size());
    for (int i = 0; i < count; ++i)
        if (::dup2(child.fds[static_cast<std::size_t>(i)], i) < 0) return false;
    if (::syscall(SYS_close_range, count, ~0u, 0) == 0) return true;
    for (int fd = count; fd < 65536; ++fd) ::close(fd);  // kernels before 5.9
    return true;
}

inline bool restrict(const SpawnRequest& request) noexcept {
    if (request.landlock < 0 && request.filter.empty()) return true;
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return false;
    if (request.landlock >= 0 && ::syscall(SYS_landlock_restrict_self, request.landlock, 0u) != 0)
        return false;
    if (request.filter.empty()) return true;
    const sock_fprog program{static_cast<unsigned short>(request.filter.size()),
                             const_cast<sock_filter*>(request.filter.data())};
    return ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

inline int run_child(void* data) noexcept {
    Child& child = *static_cast<Child*>(data);
    const SpawnRequest& request = *child.request;
    for (int signal = 1; signal < 32; ++signal)
        if (signal != SIGKILL && signal != SIGSTOP) ::signal(signal, SIG_DFL);
    const auto failed = [&](const char* step) {
        child.step = step;
        child.error = errno;
        ::_exit(127);
    };
    ::setsid();
    if (request.user != 0 && !become(request.user)) failed("cannot change to an unused user");
    if (::chdir(request.directory.c_str()) != 0) failed("cannot enter the directory");
    if (!restrict(request)) failed("cannot restrict the program");
    if (!place_fds(child)) failed("cannot place descriptors");
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::execve(child.arguments[0], child.arguments, child.environment);
    failed("cannot execute");
    return 127;
}

inline std::vector<char*> pointers(const std::vector<std::string>& texts) {
    std::vector<char*> result;
    result.reserve(texts.size() + 1);
    for (const auto& text : texts) result.push_back(const_cast<char*>(text.c_str()));
    result.push_back(nullptr);
    return result;
}

inline int kill_all_as(void* user) noexcept {
    if (become(*static_cast<const uid_t*>(user))) ::kill(-1, SIGKILL);
    ::_exit(0);
}

}  // namespace spawn

/// Ends every process of `user`, who is nobody else's. Needs root.
inline void kill_user(uid_t user) noexcept {
    alignas(64) static thread_local std::array<char, 65536> stack;
    const int dumpable = ::prctl(PR_GET_DUMPABLE);
    const pid_t pid = ::clone(spawn::kill_all_as, stack.data() + stack.size(),
                              CLONE_VM | CLONE_VFORK | SIGCHLD, &user);
    while (pid > 0 && ::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) continue;
    ::prctl(PR_SET_DUMPABLE, dumpable, 0, 0, 0);
}

/// The new process, which leads a session of its own. Throws Error with the step that failed.
inline pid_t spawn_process(const SpawnRequest& request) {
    spawn::Child child{};
    child.request = &request;
    std::vector<OwnedFd> high;  // copies above every target
    expects(request.fds.size() <= child.fds.size(), "sandbox: too many descriptors to pass");
    const auto copy_of = [&](int fd) {
        high.emplace_back(::fcntl(fd, F_DUPFD_CLOEXEC, 64));
        if (!high.back()) throw_system_error("cannot copy a descriptor");
        return high.back().get();
    };
    for (std::size_t i = 0; i < request.fds.size(); ++i) child.fds[i] = copy_of(request.fds[i]);
    const auto arguments = spawn::pointers(request.arguments);
    const auto environment = spawn::pointers(request.environment);
    child.arguments = arguments.data();
    child.environment = environment.data();
    std::vector<char> stack(256 << 10);
    // No handler of ours may run in the child, which shares our memory.
    sigset_t all, old;
    ::sigfillset(&all);
    const int dumpable = ::prctl(PR_GET_DUMPABLE);
    ::pthread_sigmask(SIG_SETMASK, &all, &old);
    char* top = stack.data() + stack.size();
    top -= reinterpret_cast<std::uintptr_t>(top) % 64;
    const pid_t pid = ::clone(spawn::run_child, top, CLONE_VM | CLONE_VFORK | SIGCHLD, &child);
    const int error = errno;
    ::pthread_sigmask(SIG_SETMASK, &old, nullptr);
    // A change of user marks the shared memory as not to be traced; ours stays as it was.
    if (request.user != 0) ::prctl(PR_SET_DUMPABLE, dumpable, 0, 0, 0);
    errno = error;
    if (pid < 0) throw_system_error("cannot start a process");
    if (child.step != nullptr) {
        while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) continue;
        errno = child.error;
        throw_system_error(std::string(child.step) + " (" + request.arguments[0] + ")");
    }
    return pid;
}

}  // namespace gppo
