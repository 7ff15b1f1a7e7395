// SPDX-License-Identifier: Apache-2.0
#include "isolation.hpp"

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
    const auto directories = [] {
        std::size_t count = 0;
        for (const auto& entry :
             std::filesystem::directory_iterator(std::filesystem::temp_directory_path()))
            count += entry.path().filename().string().starts_with("gppo-run-");
        return count;
    };
    const auto before = directories();
    {
        LaunchedDriver launched(options);
        CHECK(directories() == before + 1);
    }
    CHECK(directories() == before);
}
