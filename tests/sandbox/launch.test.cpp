// SPDX-License-Identifier: Apache-2.0
#include "isolation.hpp"
#include "temporary_directory.hpp"

#include <gppo/sandbox/launch.hpp>

#include <csignal>

using namespace gppo;

TEST_CASE("A launched driver is ready, and gone with its owner", "[sandbox][launch]") {
    if (!isolated()) return;
    pid_t outer = -1, driver = -1;
    {
        LaunchedDriver launched(*isolated());
        launched.await_ready();
        outer = launched.process();
        driver = launched.driver();
        CHECK(::kill(driver, 0) == 0);
        CHECK(driver != outer);
    }
    CHECK(::kill(outer, 0) == -1);
    CHECK(::kill(driver, 0) == -1);
}

TEST_CASE("A driver that cannot start says why", "[sandbox][launch]") {
    if (!isolated()) return;
    SandboxOptions options = *isolated();
    options.python = "/usr/bin/no-such-python";
    LaunchedDriver launched(options);
    std::string why;
    try {
        launched.await_ready();
    } catch (const Error& error) {
        why = error.what();
    }
    CHECK(why.find("no-such-python") != why.npos);
}

TEST_CASE("Without a namespace there is a directory, gone as well", "[sandbox][launch]") {
    SandboxOptions options;
    options.level = IsolationLevel::rlimits;
    const TemporaryDirectory parent;
    std::filesystem::permissions(parent.path, std::filesystem::perms(0755));
    ::setenv("TMPDIR", parent.path.c_str(), 1);
    {
        LaunchedDriver launched(options);
        CHECK_FALSE(std::filesystem::is_empty(parent.path));
    }
    ::unsetenv("TMPDIR");
    CHECK(std::filesystem::is_empty(parent.path));
}
