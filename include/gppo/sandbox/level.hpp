// SPDX-License-Identifier: Apache-2.0
//
// How far an untrusted program is kept apart from the host. The level in force is found by trying
// and is said; code rewards are refused below the level asked for.
#pragma once

#include <optional>
#include <string_view>

namespace gppo {

/// | level      | files                     | network | other processes | what a program may cost |
/// |------------|---------------------------|---------|-----------------|-------------------------|
/// | bubblewrap | /usr read-only, own /tmp  | none    | cannot be seen  | limited                 |
/// | landlock   | /usr read-only, own /tmp  | none    | no signals      | limited                 |
/// | rlimits    | all that its user can     | all     | its user's      | limited                 |
/// | none       | nothing works: no Python, or no way to start it                               |
///
/// bubblewrap and landlock both run under the seccomp filter of sandbox/seccomp.hpp.
enum class IsolationLevel { none, rlimits, landlock, bubblewrap };

constexpr std::string_view isolation_name(IsolationLevel level) noexcept {
    switch (level) {
        case IsolationLevel::none:
            return "none";
        case IsolationLevel::rlimits:
            return "rlimits";
        case IsolationLevel::landlock:
            return "landlock";
        case IsolationLevel::bubblewrap:
            return "bubblewrap";
    }
    return "";
}

constexpr std::optional<IsolationLevel> isolation_level(std::string_view name) noexcept {
    for (auto level : {IsolationLevel::none, IsolationLevel::rlimits, IsolationLevel::landlock,
                       IsolationLevel::bubblewrap})
        if (isolation_name(level) == name) return level;
    return std::nullopt;
}

}  // namespace gppo
