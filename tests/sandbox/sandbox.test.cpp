// SPDX-License-Identifier: Apache-2.0
#include "isolation.hpp"

#include <gppo/sandbox/sandbox.hpp>

#include <cstdlib>
#include <iterator>
#include <thread>

using namespace gppo;

TEST_CASE("A killed run takes its sandbox with it; one that ends does not", "[sandbox][sandbox]") {
    if (!isolated()) return;
    Sandbox sandbox(*isolated());
    sandbox.program("n = int(input())\nwhile n: pass\nprint('done')");
    SandboxLimits limits;
    limits.set_timeout(0.2);
    CHECK(sandbox.run("stdin", "0", limits).output == "done\n");
    CHECK(sandbox.alive());
    CHECK(sandbox.run("stdin", "1", limits).end == RunEnd::timeout);
    CHECK_FALSE(sandbox.alive());
    CHECK_THROWS_AS(sandbox.run("stdin", "0", limits), Error);
}

TEST_CASE("A run tells its cost", "[sandbox][sandbox]") {
    if (!isolated()) return;
    Sandbox sandbox(*isolated());
    sandbox.program(
        "import time\nx = bytearray(50 << 20)\nt = time.process_time()\n"
        "while time.process_time() < t + 0.1: pass");
    const SandboxRun run = sandbox.run("stdin", "", {});
    CHECK(run.end == RunEnd::exited);
    CHECK(run.cpu_seconds >= 0.1);
    CHECK(run.wall_seconds >= 0.1);
    CHECK(run.peak_bytes > (50u << 20));
}

TEST_CASE("Sandboxes of several threads do not disturb each other", "[sandbox][sandbox]") {
    if (!isolated()) return;
    std::vector<std::thread> threads;
    std::array<int, 4> right{};
    for (std::size_t t = 0; t < right.size(); ++t)
        threads.emplace_back([&, t] {
            for (int i = 0; i < 5; ++i) {
                Sandbox sandbox(*isolated());
                sandbox.program("print(int(input()) + 1)");
                const int n = 10 * static_cast<int>(t) + i;
                right[t] += sandbox.run("stdin", std::to_string(n), {}).output ==
                            std::to_string(n + 1) + "\n";
            }
        });
    for (auto& thread : threads) thread.join();
    CHECK(right == std::array{5, 5, 5, 5});
}

namespace {

std::size_t open_descriptors() {
    return static_cast<std::size_t>(
        std::distance(std::filesystem::directory_iterator("/proc/self/fd"),
                      std::filesystem::directory_iterator()));
}

std::size_t temporary_files() {
    return static_cast<std::size_t>(
        std::distance(std::filesystem::directory_iterator(std::filesystem::temp_directory_path()),
                      std::filesystem::directory_iterator()));
}

}  // namespace

TEST_CASE("Many runs leave no process, descriptor or file behind", "[sandbox][sandbox]") {
    if (!isolated()) return;
    // GPPO_LONG=1: ten thousand, as in the middle of a training run.
    const int runs = std::getenv("GPPO_LONG") != nullptr ? 10000 : 300;
    SandboxLimits limits;
    limits.set_timeout(0.2);
    const auto once = [&](int i) {
        Sandbox sandbox(*isolated());
        const bool hang = i % 50 == 49;
        sandbox.program(
            hang ? "import os, time\nif os.fork() == 0: os.setsid()\ntime.sleep(1000)"
                 : "import os\nopen('/tmp/left', 'w')\nprint(input(), flush=True)\nos.fork()");
        const auto run = sandbox.run("stdin", "kept", limits);
        return hang ? run.end == RunEnd::timeout : run.output.starts_with("kept\n");
    };
    CHECK(once(0));
    const auto descriptors = open_descriptors();
    const auto files = temporary_files();
    int right = 0;
    for (int i = 0; i < runs; ++i) right += once(i);
    CHECK(right == runs);
    CHECK(open_descriptors() == descriptors);  // whatever the verdicts were
    CHECK(process_tree(::getpid()).size() == 1);
    // Others write to the temporary directory too; each run of ours would have left one.
    CHECK(temporary_files() < files + static_cast<std::size_t>(runs) / 10);
}
