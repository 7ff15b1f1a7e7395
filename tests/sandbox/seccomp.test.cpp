// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/sandbox/seccomp.hpp>

#include <cstring>

using namespace gppo;

namespace {

/// What the kernel would do: the few instructions that the filter is made of.
std::uint32_t answer(const std::vector<sock_filter>& filter, seccomp_data data) {
    std::uint32_t word = 0;
    for (std::size_t i = 0; i < filter.size(); ++i) {
        const sock_filter& at = filter[i];
        if (at.code == (BPF_RET | BPF_K)) return at.k;
        if (at.code == (BPF_LD | BPF_W | BPF_ABS)) {
            std::memcpy(&word, reinterpret_cast<const char*>(&data) + at.k, sizeof word);
            continue;
        }
        const bool yes = at.code == (BPF_JMP | BPF_JEQ | BPF_K)   ? word == at.k
                         : at.code == (BPF_JMP | BPF_JGE | BPF_K) ? word >= at.k
                                                                  : (word & at.k) != 0;
        i += yes ? at.jt : at.jf;
    }
    return 0;
}

std::uint32_t call(int number, std::uint64_t first = 0, std::uint64_t second = 0,
                   bool alone = false) {
    seccomp_data data{};
    data.nr = number;
    data.arch = seccomp::architecture;
    data.args[0] = first;
    data.args[1] = second;
    return answer(seccomp_filter(alone), data);
}

constexpr std::uint32_t allowed = SECCOMP_RET_ALLOW, refused = SECCOMP_RET_ERRNO | EPERM,
                        unknown = SECCOMP_RET_ERRNO | ENOSYS;

}  // namespace

TEST_CASE("The filter allows work and refuses what reaches further", "[sandbox][seccomp]") {
    if (seccomp::architecture == 0) return;
    CHECK(call(SYS_read) == allowed);
    CHECK(call(SYS_execve) == allowed);
    CHECK(call(SYS_socket) == refused);
    CHECK(call(SYS_ptrace) == refused);
    CHECK(call(SYS_mount) == refused);
    CHECK(call(SYS_clone3) == unknown);  // libc then uses clone, whose flags can be read
    CHECK(call(SYS_io_uring_setup) == unknown);
    CHECK(call(100000) == unknown);
}

TEST_CASE("Arguments decide where they must", "[sandbox][seccomp]") {
    if (seccomp::architecture == 0) return;
    CHECK(call(SYS_clone, CLONE_VM | CLONE_THREAD) == allowed);
    CHECK(call(SYS_clone, CLONE_NEWUSER) == refused);
    CHECK(call(SYS_ioctl, 0, TIOCSTI) == refused);
    CHECK(call(SYS_ioctl, 0, TIOCGWINSZ) == allowed);
    CHECK(call(SYS_prlimit64, 0) == allowed);
    CHECK(call(SYS_prlimit64, 1) == refused);
    CHECK(call(SYS_prctl, 15) == allowed);
    CHECK(call(SYS_prctl, 4) == refused);
}

TEST_CASE("Without a namespace no signals are sent", "[sandbox][seccomp]") {
    if (seccomp::architecture == 0) return;
    CHECK(call(SYS_kill) == allowed);
    CHECK(call(SYS_kill, 0, 0, true) == refused);
    CHECK(call(SYS_setsid, 0, 0, true) == refused);
    CHECK(call(SYS_fcntl, 0, 8, true) == refused);  // F_SETOWN
    CHECK(call(SYS_fcntl, 0, 1, true) == allowed);
}

TEST_CASE("Calls of another architecture end the process", "[sandbox][seccomp]") {
    if (seccomp::architecture == 0) return;
    seccomp_data data{};
    data.arch = AUDIT_ARCH_I386;
    CHECK(answer(seccomp_filter(false), data) == SECCOMP_RET_KILL_PROCESS);
}
