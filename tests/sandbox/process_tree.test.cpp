// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/sandbox/process_tree.hpp>
#include <gppo/sandbox/spawn.hpp>

#include <algorithm>
#include <chrono>
#include <thread>

using namespace gppo;

namespace {

/// A shell with a child that works, and one that sleeps.
pid_t family() {
    const Descriptor null("/dev/null", O_RDWR);
    SpawnRequest request;
    request.arguments = {"/bin/sh", "-c", "while :; do :; done & sleep 60 & wait"};
    request.environment = {"PATH=/usr/bin:/bin"};
    request.fds = {null.get(), null.get(), null.get()};
    return spawn_process(request);
}

}  // namespace

TEST_CASE("A tree holds its root and all below, and what they use is summed",
          "[sandbox][process_tree]") {
    const pid_t root = family();
    TreeUse use;
    for (int i = 0; i < 1000 && use.cpu_seconds < 0.05; ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
        use = use_below(root);
    }
    const auto all = process_tree(root);
    CHECK(all.size() == 3);
    CHECK(all[0] == root);
    const auto ours = children_of(::getpid());
    CHECK(std::find(ours.begin(), ours.end(), root) != ours.end());
    CHECK(use.cpu_seconds >= 0.05);
    CHECK(use.resident_bytes > (100u << 10));
    CHECK(process_tree(root, 2).size() >= 2);  // a bound, not an exact size
    ::kill(-root, SIGKILL);
    ::waitpid(root, nullptr, 0);
    CHECK(process_tree(root).size() == 1);
    CHECK(use_below(root).resident_bytes == 0);
}

TEST_CASE("The time of a task that works grows, and none is none", "[sandbox][process_tree]") {
    const double before = times_of_task("/proc/thread-self").cpu_seconds;
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    volatile double x = 0;
    while (times_of_task("/proc/thread-self").cpu_seconds < before + 0.01 &&
           std::chrono::steady_clock::now() < end)
        for (int i = 0; i < 10000; ++i) x = x + 1;
    CHECK(times_of_task("/proc/thread-self").cpu_seconds >= before + 0.01);
    CHECK(times_of_task("/proc/0").cpu_seconds == 0);
}
