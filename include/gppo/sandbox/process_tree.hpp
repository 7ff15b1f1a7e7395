// SPDX-License-Identifier: Apache-2.0
//
// What a process and all its descendants hold, as the host sees it.
#pragma once

#include <cstddef>
#include <cstdio>
#include <dirent.h>
#include <string>
#include <sys/types.h>
#include <unistd.h>
#include <vector>

namespace gppo {

/// Direct children of every thread of `process`. Empty where /proc does not list children.
inline std::vector<pid_t> children_of(pid_t process) {
    std::vector<pid_t> children;
    const std::string tasks = "/proc/" + std::to_string(process) + "/task";
    DIR* directory = ::opendir(tasks.c_str());
    if (directory == nullptr) return children;
    while (const dirent* entry = ::readdir(directory)) {
        if (entry->d_name[0] == '.') continue;
        std::FILE* file = std::fopen((tasks + "/" + entry->d_name + "/children").c_str(), "re");
        if (file == nullptr) continue;
        for (int child = 0; std::fscanf(file, "%d", &child) == 1;) children.push_back(child);
        std::fclose(file);
    }
    ::closedir(directory);
    return children;
}

/// `root` and its descendants; at most `most`, so that a fork bomb cannot hold us up.
inline std::vector<pid_t> process_tree(pid_t root, std::size_t most = 256) {
    std::vector<pid_t> all{root};
    for (std::size_t i = 0; i < all.size() && all.size() < most; ++i)
        for (pid_t child : children_of(all[i])) all.push_back(child);
    return all;
}

/// Bytes in memory of the tree; pages that several processes share count for each.
inline std::size_t resident_bytes(pid_t root) {
    std::size_t pages = 0;
    for (pid_t process : process_tree(root)) {
        std::FILE* file = std::fopen(("/proc/" + std::to_string(process) + "/statm").c_str(), "re");
        if (file == nullptr) continue;
        unsigned long size = 0, resident = 0;
        if (std::fscanf(file, "%lu %lu", &size, &resident) == 2) pages += resident;
        std::fclose(file);
    }
    return pages * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

}  // namespace gppo
