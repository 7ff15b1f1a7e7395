// SPDX-License-Identifier: Apache-2.0
//
// What isolates programs on this machine, found once; nothing, and one line, where bubblewrap
// cannot run.
#pragma once

#include "catch.hpp"

#include <gppo/sandbox/detect.hpp>

#include <string>

inline const gppo::SandboxOptions* isolated() {
    static const gppo::DetectedIsolation found = gppo::detect_isolation({});
    if (found.level == gppo::IsolationLevel::bubblewrap) return &found.options;
    WARN(std::string("skipped: no bubblewrap: ") + found.reason);
    return nullptr;
}
