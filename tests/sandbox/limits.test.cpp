// SPDX-License-Identifier: Apache-2.0
#include "isolation.hpp"

#include <gppo/sandbox/limits.hpp>

using namespace gppo;

TEST_CASE("A timeout is so much work, or twice as long asleep", "[sandbox][limits]") {
    SandboxLimits limits;
    limits.set_timeout(3);
    CHECK(limits.cpu_seconds == 3);
    CHECK(limits.wall_seconds == 6);
    CHECK(compile_limits().memory_bytes > limits.memory_bytes);
}

TEST_CASE("Each limit ends a program that goes over it", "[sandbox][limits]") {
    if (!isolated()) return;
    SandboxLimits limits;
    limits.set_timeout(0.3);
    limits.memory_bytes = 256u << 20;
    limits.output_bytes = limits.error_bytes = 1000;
    limits.file_bytes = 1000;
    limits.open_files = 16;
    const auto ends = [&](const char* program) {
        Sandbox sandbox(*isolated());
        sandbox.program(program);
        return sandbox.run("stdin", "", limits);
    };
    const SandboxRun busy = ends("while True: pass");
    CHECK(busy.end == RunEnd::timeout);
    CHECK(busy.wall_seconds < 5);
    CHECK(ends("import time\ntime.sleep(60)").end == RunEnd::timeout);
    CHECK(ends("print('x' * 1001)").end == RunEnd::output_limit);
    CHECK(ends("print('x' * 999)").end == RunEnd::exited);
    CHECK(ends("import sys\nsys.stderr.write('x' * 1001)").end == RunEnd::output_limit);
    CHECK(ends("x = bytearray(300 << 20)").answers.find(" memory ") != std::string::npos);
    CHECK(ends("f = open('/tmp/f', 'wb')\nf.write(b'x' * 2000)\nf.flush()").code != 0);
    CHECK(ends("f = [open('/dev/null') for _ in range(16)]").code == 1);
}
