// SPDX-License-Identifier: Apache-2.0
//
// The system calls an untrusted program may make, as a classic BPF program. What is not listed
// answers ENOSYS, so that libraries fall back; what programs try and must not have answers EPERM.
// Another architecture's calls kill the process. x86-64 and aarch64.
#pragma once

#include <gppo/sandbox/system_calls.hpp>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <vector>

namespace gppo {

namespace seccomp {

constexpr std::uint32_t architecture =
#if defined(__x86_64__)
    AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
    AUDIT_ARCH_AARCH64;
#else
    0;  // no filter: isolation then ends below landlock
#endif

/// Offset of the low or high word of argument `index` in seccomp_data (little endian).
constexpr std::uint32_t argument(unsigned index, bool high = false) noexcept {
    return static_cast<std::uint32_t>(offsetof(seccomp_data, args)) + 8 * index + (high ? 4 : 0);
}

constexpr sock_filter load(std::uint32_t offset) noexcept {
    return {BPF_LD | BPF_W | BPF_ABS, 0, 0, offset};
}
constexpr sock_filter give(std::uint32_t action) noexcept {
    return {BPF_RET | BPF_K, 0, 0, action};
}
constexpr sock_filter jump(int test, std::uint32_t value, int yes, int no) noexcept {
    return {static_cast<std::uint16_t>(BPF_JMP | test | BPF_K), static_cast<std::uint8_t>(yes),
            static_cast<std::uint8_t>(no), value};
}

}  // namespace seccomp

/// The filter. `alone`: no pid namespace holds the program, so it may neither signal other
/// processes nor leave its process group. Empty where the architecture is not known.
inline std::vector<sock_filter> seccomp_filter(bool alone) {
    using namespace seccomp;
    if (architecture == 0) return {};
    const auto number = static_cast<std::uint32_t>(offsetof(seccomp_data, nr));
    const std::uint32_t no = SECCOMP_RET_ERRNO | EPERM;
    std::vector<sock_filter> filter{load(static_cast<std::uint32_t>(offsetof(seccomp_data, arch))),
                                    jump(BPF_JEQ, architecture, 1, 0),
                                    give(SECCOMP_RET_KILL_PROCESS), load(number)};
    const auto when = [&](int call, std::vector<sock_filter> then) {
        filter.push_back(
            jump(BPF_JEQ, static_cast<std::uint32_t>(call), 0, static_cast<int>(then.size())));
        filter.insert(filter.end(), then.begin(), then.end());
    };
#if defined(__x86_64__)
    filter.push_back(jump(BPF_JGE, 0x40000000u, 0, 1));  // the x32 calls
    filter.push_back(give(SECCOMP_RET_KILL_PROCESS));
#endif
    // Threads and children, in no new namespace. clone3 hides its flags: ENOSYS, and libc uses
    // this.
    const std::uint32_t namespaces = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC |
                                     CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;
    when(SYS_clone,
         {load(argument(0)), jump(BPF_JSET, namespaces, 0, 1), give(no), give(SECCOMP_RET_ALLOW)});
    // Bytes typed into a terminal are its reader's commands.
    when(SYS_ioctl, {load(argument(1)), jump(BPF_JEQ, TIOCSTI, 1, 0),
                     jump(BPF_JEQ, TIOCLINUX, 0, 1), give(no), give(SECCOMP_RET_ALLOW)});
    // Limits may be lowered, or raised up to the hard limit, by a process for itself.
    when(SYS_prlimit64,
         {load(argument(0)), jump(BPF_JEQ, 0, 1, 0), give(no), give(SECCOMP_RET_ALLOW)});
    // Names of threads; nothing else that prctl can change. 15, 16: PR_SET_NAME, PR_GET_NAME.
    when(SYS_prctl, {load(argument(0)), jump(BPF_JEQ, 15, 1, 0), jump(BPF_JEQ, 16, 0, 1),
                     give(SECCOMP_RET_ALLOW), give(no)});
    if (alone)
        for (const int call :
             {SYS_kill, SYS_tkill, SYS_tgkill, SYS_setsid, SYS_setpgid, SYS_fcntl}) {
            if (call != SYS_fcntl) {
                when(call, {give(no)});
            } else {  // F_SETOWN, F_SETOWN_EX, F_SETSIG: signals by another door
                when(call, {load(argument(1)), jump(BPF_JEQ, 8, 2, 0), jump(BPF_JEQ, 15, 1, 0),
                            jump(BPF_JEQ, 10, 0, 1), give(no), give(SECCOMP_RET_ALLOW)});
            }
        }
    for (const int call : refused_calls()) when(call, {give(no)});
    for (const int call : allowed_calls()) when(call, {give(SECCOMP_RET_ALLOW)});
    filter.push_back(give(SECCOMP_RET_ERRNO | ENOSYS));
    return filter;
}

}  // namespace gppo
