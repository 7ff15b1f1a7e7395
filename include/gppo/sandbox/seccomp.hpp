// SPDX-License-Identifier: Apache-2.0
//
// The system calls an untrusted program may make, as a classic BPF program. What is not listed
// answers ENOSYS, so that libraries fall back; what programs try and must not have answers EPERM.
// Another architecture's calls kill the process. x86-64 and aarch64.
#pragma once

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

/// Files, memory, time, pipes, signals, threads and children: what Python, g++ and ordinary
/// programs need, and nothing that makes namespaces, mounts, modules, keys, traces or sockets.
inline std::vector<int> allowed_calls() {
    std::vector<int> calls{SYS_read,
                           SYS_write,
                           SYS_readv,
                           SYS_writev,
                           SYS_pread64,
                           SYS_pwrite64,
                           SYS_preadv,
                           SYS_pwritev,
                           SYS_preadv2,
                           SYS_pwritev2,
                           SYS_openat,
                           SYS_close,
                           SYS_close_range,
                           SYS_lseek,
                           SYS_fstat,
                           SYS_newfstatat,
                           SYS_statx,
                           SYS_faccessat,
                           SYS_faccessat2,
                           SYS_readlinkat,
                           SYS_getdents64,
                           SYS_getcwd,
                           SYS_chdir,
                           SYS_fchdir,
                           SYS_mkdirat,
                           SYS_unlinkat,
                           SYS_renameat2,
                           SYS_linkat,
                           SYS_symlinkat,
                           SYS_fchmod,
                           SYS_fchmodat,
                           SYS_fchown,
                           SYS_fchownat,
                           SYS_utimensat,
                           SYS_truncate,
                           SYS_ftruncate,
                           SYS_fallocate,
                           SYS_fsync,
                           SYS_fdatasync,
                           SYS_flock,
                           SYS_umask,
                           SYS_statfs,
                           SYS_fstatfs,
                           SYS_fadvise64,
                           SYS_sendfile,
                           SYS_copy_file_range,
                           SYS_splice,
                           SYS_tee,
                           SYS_dup,
                           SYS_dup3,
                           SYS_fcntl,
                           SYS_pipe2,
                           SYS_ppoll,
                           SYS_pselect6,
                           SYS_epoll_create1,
                           SYS_epoll_ctl,
                           SYS_epoll_pwait,
                           SYS_eventfd2,
                           SYS_signalfd4,
                           SYS_timerfd_create,
                           SYS_timerfd_settime,
                           SYS_timerfd_gettime,
                           SYS_socketpair,
                           SYS_sendmsg,
                           SYS_recvmsg,
                           SYS_sendto,
                           SYS_recvfrom,
                           SYS_shutdown,
                           SYS_getsockopt,
                           SYS_getsockname,
                           SYS_getpeername,
                           SYS_mmap,
                           SYS_munmap,
                           SYS_mprotect,
                           SYS_mremap,
                           SYS_madvise,
                           SYS_msync,
                           SYS_mincore,
                           SYS_brk,
                           SYS_membarrier,
                           SYS_mlock,
                           SYS_munlock,
                           SYS_exit,
                           SYS_exit_group,
                           SYS_execve,
                           SYS_execveat,
                           SYS_wait4,
                           SYS_waitid,
                           SYS_kill,
                           SYS_tgkill,
                           SYS_tkill,
                           SYS_rt_sigaction,
                           SYS_rt_sigprocmask,
                           SYS_rt_sigreturn,
                           SYS_rt_sigpending,
                           SYS_rt_sigtimedwait,
                           SYS_rt_sigsuspend,
                           SYS_sigaltstack,
                           SYS_restart_syscall,
                           SYS_futex,
                           SYS_set_robust_list,
                           SYS_get_robust_list,
                           SYS_rseq,
                           SYS_set_tid_address,
                           SYS_getpid,
                           SYS_getppid,
                           SYS_gettid,
                           SYS_getpgid,
                           SYS_getsid,
                           SYS_setpgid,
                           SYS_setsid,
                           SYS_getuid,
                           SYS_geteuid,
                           SYS_getgid,
                           SYS_getegid,
                           SYS_getresuid,
                           SYS_getresgid,
                           SYS_getgroups,
                           SYS_uname,
                           SYS_sysinfo,
                           SYS_times,
                           SYS_getrusage,
                           SYS_getrandom,
                           SYS_getcpu,
                           SYS_sched_yield,
                           SYS_sched_getaffinity,
                           SYS_sched_getparam,
                           SYS_sched_getscheduler,
                           SYS_sched_get_priority_max,
                           SYS_sched_get_priority_min,
                           SYS_getpriority,
                           SYS_clock_gettime,
                           SYS_clock_getres,
                           SYS_clock_nanosleep,
                           SYS_nanosleep,
                           SYS_gettimeofday,
                           SYS_getitimer,
                           SYS_setitimer,
                           SYS_timer_create,
                           SYS_timer_settime,
                           SYS_timer_gettime,
                           SYS_timer_getoverrun,
                           SYS_timer_delete};
#if defined(__x86_64__)
    calls.insert(
        calls.end(),
        {SYS_open,       SYS_creat,   SYS_stat,     SYS_lstat,     SYS_access, SYS_readlink,
         SYS_getdents,   SYS_mkdir,   SYS_rmdir,    SYS_unlink,    SYS_rename, SYS_renameat,
         SYS_link,       SYS_symlink, SYS_chmod,    SYS_chown,     SYS_lchown, SYS_utime,
         SYS_utimes,     SYS_dup2,    SYS_pipe,     SYS_poll,      SYS_select, SYS_epoll_create,
         SYS_epoll_wait, SYS_eventfd, SYS_signalfd, SYS_alarm,     SYS_pause,  SYS_time,
         SYS_getpgrp,    SYS_fork,    SYS_vfork,    SYS_arch_prctl});
#endif
    return calls;
}

/// Known and refused: a program that asks is told so instead of "not implemented".
inline std::vector<int> refused_calls() {
    return {SYS_socket,
            SYS_connect,
            SYS_bind,
            SYS_listen,
            SYS_accept,
            SYS_accept4,
            SYS_ptrace,
            SYS_mount,
            SYS_umount2,
            SYS_unshare,
            SYS_setns,
            SYS_chroot,
            SYS_pivot_root,
            SYS_setuid,
            SYS_setgid,
            SYS_setresuid,
            SYS_setresgid,
            SYS_setreuid,
            SYS_setregid,
            SYS_setgroups,
            SYS_sethostname,
            SYS_reboot,
            SYS_memfd_create,
            SYS_shmget,
            SYS_msgget,
            SYS_semget,
            SYS_process_vm_readv,
            SYS_process_vm_writev,
            SYS_bpf,
            SYS_perf_event_open,
            SYS_keyctl,
            SYS_add_key,
            SYS_request_key,
            SYS_init_module,
            SYS_finit_module,
            SYS_setpriority,
            SYS_sched_setaffinity,
            SYS_sched_setscheduler,
            SYS_sched_setparam,
            SYS_pidfd_open,
            SYS_mknodat,
            SYS_setrlimit};
}

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
        for (int call : {SYS_kill, SYS_tkill, SYS_tgkill, SYS_setsid, SYS_setpgid, SYS_fcntl}) {
            if (call != SYS_fcntl) {
                when(call, {give(no)});
            } else {  // F_SETOWN, F_SETOWN_EX, F_SETSIG: signals by another door
                when(call, {load(argument(1)), jump(BPF_JEQ, 8, 2, 0), jump(BPF_JEQ, 15, 1, 0),
                            jump(BPF_JEQ, 10, 0, 1), give(no), give(SECCOMP_RET_ALLOW)});
            }
        }
    for (int call : refused_calls()) when(call, {give(no)});
    for (int call : allowed_calls()) when(call, {give(SECCOMP_RET_ALLOW)});
    filter.push_back(give(SECCOMP_RET_ERRNO | ENOSYS));
    return filter;
}

}  // namespace gppo
