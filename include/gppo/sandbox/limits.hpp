// SPDX-License-Identifier: Apache-2.0
//
// What one run of an untrusted program may cost.
#pragma once

#include <cstddef>

namespace gppo {

/// Limits of one run (one test). Sizes in bytes, times in seconds. A busy host is not the program's
/// fault: time that it waited for a processor is left out of wall_seconds, up to ten times as long.
struct SandboxLimits {
    double wall_seconds = 12;                 ///< asleep or running
    double cpu_seconds = 6;                   ///< of all its processes
    std::size_t memory_bytes = 1u << 30;      ///< address space of each process, and all of them
    int processes = 16;                       ///< threads count too
    std::size_t output_bytes = 4u << 20;      ///< standard output, or an answer
    std::size_t error_bytes = 8u << 20;       ///< standard error, of which little is kept
    std::size_t file_bytes = 16u << 20;       ///< largest file it may write
    std::size_t temporary_bytes = 64u << 20;  ///< all files in its /tmp
    std::size_t stack_bytes = 120u << 20;     ///< of the main thread
    int open_files = 64;

    bool operator==(const SandboxLimits&) const = default;

    /// So much work; twice as long where it mostly sleeps.
    constexpr void set_timeout(double seconds) noexcept {
        cpu_seconds = seconds;
        wall_seconds = 2 * seconds;
    }
};

/// What compiling may cost.
constexpr SandboxLimits compile_limits() noexcept {
    SandboxLimits limits;
    limits.set_timeout(30);
    limits.memory_bytes = std::size_t{2} << 30;
    limits.file_bytes = 64u << 20;
    return limits;
}

}  // namespace gppo
