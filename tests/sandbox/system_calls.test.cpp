// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/sandbox/system_calls.hpp>

#include <algorithm>
#include <set>

TEST_CASE("No system call is in both lists, and none is there twice", "[sandbox][system_calls]") {
    const auto allowed = gppo::seccomp::allowed_calls(), refused = gppo::seccomp::refused_calls();
    std::set<int> all(allowed.begin(), allowed.end());
    CHECK(all.size() == allowed.size());
    all.insert(refused.begin(), refused.end());
    CHECK(all.size() == allowed.size() + refused.size());
}

TEST_CASE("What changes namespaces, traces or opens sockets is not allowed",
          "[sandbox][system_calls]") {
    const auto allowed = gppo::seccomp::allowed_calls();
    for (int call : {SYS_unshare, SYS_setns, SYS_mount, SYS_ptrace, SYS_socket, SYS_clone3, SYS_bpf,
                     SYS_keyctl, SYS_process_vm_writev, SYS_userfaultfd, SYS_kexec_load})
        CHECK(std::find(allowed.begin(), allowed.end(), call) == allowed.end());
}
