// SPDX-License-Identifier: Apache-2.0
#include "isolation.hpp"
#include "temporary_directory.hpp"

#include <gppo/sandbox/launch.hpp>

#include <chrono>
#include <csignal>
#include <fstream>
#include <string>
#include <sys/stat.h>
#include <thread>

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

TEST_CASE("A driver that is given up while it starts leaves nothing", "[sandbox][launch]") {
    if (!isolated() || ::geteuid() != 0) return;  // by its user it is found
    const auto ours = [] {
        const unsigned first =
            1'100'000'000u + static_cast<unsigned>(::getpid() % 4'200'000) * 200u;
        std::size_t count = 0;
        std::error_code code;
        for (const auto& entry : std::filesystem::directory_iterator("/proc", code)) {
            struct stat info {};
            std::ifstream file(entry.path() / "stat");
            std::string text;
            if (::stat(entry.path().c_str(), &info) != 0 || info.st_uid < first ||
                info.st_uid >= first + 200 || !std::getline(file, text))
                continue;
            count += text.find(") Z") == text.npos;
        }
        return count;
    };
    for (int i = 0; i < 60; ++i) {
        LaunchedDriver launched(*isolated());
        std::this_thread::sleep_for(std::chrono::microseconds(100 * i));
    }
    for (int i = 0; i < 100 && ours() != 0; ++i)
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    CHECK(ours() == 0);
}
