// SPDX-License-Identifier: Apache-2.0
//
// A user for each sandbox: limits on processes do not hold root, and are counted by user.
#pragma once

#include <gppo/core/file.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <sstream>
#include <string>
#include <sys/stat.h>
#include <sys/types.h>
#include <system_error>
#include <unistd.h>

namespace gppo {

/// Whether this process may become `user`: in a container, not every number exists.
inline bool user_exists(std::uint64_t user) {
    std::istringstream map(read_file("/proc/self/uid_map"));
    std::uint64_t first = 0, outside = 0, count = 0;
    while (map >> first >> outside >> count)
        if (user >= first && user < first + count) return true;
    return false;
}

/// A user number that nobody else has, if we are root; 0 (stay who we are) if not. Up to 200 at a
/// time are distinct within this process, and processes are told apart.
inline uid_t unused_user() {
    static std::atomic<std::uint32_t> count{0};
    if (::geteuid() != 0) return 0;
    const std::uint32_t slot = count++ % 200;
    const std::uint32_t user =
        1'100'000'000u + static_cast<std::uint32_t>(::getpid() % 4'200'000) * 200u + slot;
    if (user_exists(user)) return user;
    return user_exists(64'000 + slot) ? 64'000 + slot : 65'534;
}

/// Processes and threads of our own user: without a namespace, limits count them too.
inline std::size_t processes_of_this_user() {
    std::size_t count = 0;
    std::error_code code;
    for (std::filesystem::directory_iterator entry("/proc", code), end; !code && entry != end;
         entry.increment(code)) {
        struct stat info {};
        if (::stat((entry->path() / "task").c_str(), &info) == 0 && info.st_uid == ::geteuid())
            count += static_cast<std::size_t>(info.st_nlink > 2 ? info.st_nlink - 2 : 1);
    }
    return count;
}

}  // namespace gppo
