// SPDX-License-Identifier: Apache-2.0
#include "isolation.hpp"

#include <gppo/sandbox/detect.hpp>

using namespace gppo;

TEST_CASE("What is found runs a program, and never exceeds what was asked for",
          "[sandbox][detect]") {
    if (!isolated()) return;
    CHECK(try_isolation(*isolated()).empty());
    CHECK_FALSE(isolated()->compiled_driver.empty());
    SandboxOptions options;
    options.level = IsolationLevel::landlock;
    CHECK(detect_isolation(options).level <= IsolationLevel::landlock);
}

TEST_CASE("Without bubblewrap the level falls and the reason says why", "[sandbox][detect]") {
    SandboxOptions options;
    options.bubblewrap = "/nowhere/bwrap";
    const auto found = detect_isolation(options);
    CHECK(found.level < IsolationLevel::bubblewrap);
    CHECK(found.reason.find("bubblewrap: ") != found.reason.npos);
}

TEST_CASE("Without Python there is no level at all", "[sandbox][detect]") {
    SandboxOptions options;
    options.python = "/nowhere/python3";
    options.start_seconds = 2;
    const auto found = detect_isolation(options);
    CHECK(found.level == IsolationLevel::none);
    CHECK(found.reason.find("/nowhere/python3") != found.reason.npos);
}
