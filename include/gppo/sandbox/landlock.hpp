// SPDX-License-Identifier: Apache-2.0
//
// Landlock: the file system and, on newer kernels, the network and other processes put out of reach
// of a process without any privilege. For hosts where user namespaces are off.
#pragma once

#include <gppo/core/file.hpp>

#include <cstdint>
#include <linux/landlock.h>
#include <string>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <vector>

namespace gppo {

/// 0 where the kernel has no Landlock.
inline int landlock_version() noexcept {
    const long version = ::syscall(SYS_landlock_create_ruleset, nullptr, std::size_t{0},
                                   LANDLOCK_CREATE_RULESET_VERSION);
    return version > 0 ? static_cast<int>(version) : 0;
}

/// The kernel's struct as of version 6; older kernels read fewer bytes of it.
struct LandlockRules {
    std::uint64_t files, network, scoped;
};

/// A ruleset that lets a process read and run what is under `readable` and do all under `writable`;
/// -1 with errno set where that fails. Restrict with it after no_new_privs.
inline int landlock_ruleset(const std::vector<std::string>& readable,
                            const std::vector<std::string>& writable) {
    const int version = landlock_version();
    if (version == 0) return -1;
    const std::uint64_t execute = 1u << 0, write_file = 1u << 1, read_file = 1u << 2,
                        read_dir = 1u << 3, truncate = 1u << 14;
    const std::uint64_t on_files = execute | write_file | read_file | truncate;
    std::uint64_t all = (1u << 13) - 1;  // version 1
    if (version >= 2) all |= 1u << 13;   // refer
    if (version >= 3) all |= truncate;
    if (version >= 5) all |= 1u << 15;  // ioctl on devices
    const LandlockRules rules{all, version >= 4 ? 3u : 0u, version >= 6 ? 3u : 0u};
    const std::size_t size = version >= 6 ? 24 : version >= 4 ? 16 : 8;
    const int fd = static_cast<int>(::syscall(SYS_landlock_create_ruleset, &rules, size, 0u));
    if (fd < 0) return -1;
    const auto permit = [&](const std::string& path, std::uint64_t access) {
        const Descriptor place(path, O_PATH);
        if (!place) return true;  // not here: nothing to permit
        landlock_path_beneath_attr rule{};
        struct stat info {};
        const bool file = ::fstat(place.get(), &info) == 0 && !S_ISDIR(info.st_mode);
        rule.allowed_access = access & all & (file ? on_files : all);
        rule.parent_fd = place.get();
        return ::syscall(SYS_landlock_add_rule, fd, LANDLOCK_RULE_PATH_BENEATH, &rule, 0u) == 0;
    };
    bool good = true;
    for (const auto& path : readable) good = good && permit(path, execute | read_file | read_dir);
    for (const auto& path : writable) good = good && permit(path, all);
    for (const char* device : {"/dev/null", "/dev/zero", "/dev/urandom", "/dev/random"})
        good = good && permit(device, read_file | write_file);
    if (good) return fd;
    ::close(fd);
    return -1;
}

}  // namespace gppo
