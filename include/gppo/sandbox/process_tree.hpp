// SPDX-License-Identifier: Apache-2.0
//
// What a process and all its descendants hold, as the host sees it.
#pragma once

#include <algorithm>
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
        for (const pid_t child : children_of(all[i])) all.push_back(child);
    return all;
}

/// What tasks cost, as the kernel counts it.
struct TaskTimes {
    double cpu_seconds = 0;     ///< run
    double queued_seconds = 0;  ///< ready to run, but others had the processors
};

/// Of one task: /proc/PID/task/TID, or /proc/thread-self. Nothing where the kernel does not count.
inline TaskTimes times_of_task(const std::string& folder) {
    TaskTimes times;
    std::FILE* file = std::fopen((folder + "/schedstat").c_str(), "re");
    if (file == nullptr) return times;
    unsigned long long run = 0, queued = 0;
    if (std::fscanf(file, "%llu %llu", &run, &queued) == 2)
        times = {1e-9 * static_cast<double>(run), 1e-9 * static_cast<double>(queued)};
    std::fclose(file);
    return times;
}

/// All that a tree of processes holds and has used, but for processes that have ended.
struct TreeUse {
    std::size_t resident_bytes = 0;  ///< pages that several processes share count for each
    double cpu_seconds = 0;          ///< of all tasks
    double queued_seconds = 0;       ///< of the task that waited longest for a processor
};

inline void add_use(TreeUse& use, pid_t process) {
    const std::string folder = "/proc/" + std::to_string(process);
    if (std::FILE* file = std::fopen((folder + "/statm").c_str(), "re")) {
        unsigned long size = 0, resident = 0;
        if (std::fscanf(file, "%lu %lu", &size, &resident) == 2)
            use.resident_bytes += resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
        std::fclose(file);
    }
    const std::string tasks = folder + "/task";
    DIR* directory = ::opendir(tasks.c_str());
    if (directory == nullptr) return;
    while (const dirent* entry = ::readdir(directory)) {
        if (entry->d_name[0] == '.') continue;
        const TaskTimes times = times_of_task(tasks + "/" + entry->d_name);
        use.cpu_seconds += times.cpu_seconds;
        use.queued_seconds = std::max(use.queued_seconds, times.queued_seconds);
    }
    ::closedir(directory);
}

/// Of the processes below `root`.
inline TreeUse use_below(pid_t root) {
    TreeUse use;
    const auto all = process_tree(root);
    for (std::size_t i = 1; i < all.size(); ++i) add_use(use, all[i]);
    return use;
}

}  // namespace gppo
