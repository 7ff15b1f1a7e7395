// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/sandbox/run.hpp>

using namespace gppo;

TEST_CASE("A pipe is read up to its limit and keeps only what was asked for", "[sandbox][run]") {
    auto [host, program] = make_pipe();
    set_nonblocking(host);
    LimitedPipe pipe;
    pipe.end = std::move(host);
    pipe.limit = 10;
    pipe.kept = 4;
    pipe.read_available();
    CHECK(pipe.seen == 0);
    CHECK(::write(program.get(), "0123456789", 10) == 10);
    pipe.read_available();
    CHECK(pipe.text == "0123");
    CHECK_FALSE(pipe.over());
    CHECK(::write(program.get(), "x", 1) == 1);
    pipe.read_available();
    CHECK(pipe.over());
    CHECK(pipe.text == "0123");
}

TEST_CASE("At its end a pipe is closed", "[sandbox][run]") {
    auto [host, program] = make_pipe();
    set_nonblocking(host);
    LimitedPipe pipe;
    pipe.end = std::move(host);
    pipe.limit = pipe.kept = 10;
    program.reset();
    pipe.read_available();
    CHECK_FALSE(pipe.end);
}

TEST_CASE("A run is broken until something else is known", "[sandbox][run]") {
    CHECK(SandboxRun{}.end == RunEnd::broken);
    RunningProgram running;
    CHECK_FALSE(running.over());
    running.errors.seen = 1;
    CHECK(running.over());
}
