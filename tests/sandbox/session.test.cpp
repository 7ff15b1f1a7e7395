// SPDX-License-Identifier: Apache-2.0
#include "isolation.hpp"

#include <gppo/sandbox/session.hpp>

using namespace gppo;

TEST_CASE("A session answers line by line and says how it ended", "[sandbox][session]") {
    if (!isolated()) return;
    Sandbox sandbox(*isolated());
    sandbox.program(
        "import os, sys\nfor line in sys.stdin:\n    os.write(3, line.upper().encode())\n"
        "    if line == 'end\\n': sys.exit(4)");
    SandboxSession session(sandbox, "stdin", {}, true);
    REQUIRE(session.send("one"));
    CHECK(session.receive() == "ONE");
    REQUIRE(session.send("two"));
    REQUIRE(session.send("end"));
    CHECK(session.receive() == "TWO");
    CHECK(session.receive() == "END");  // read although the program has ended
    CHECK_FALSE(session.receive().has_value());
    CHECK(session.result().code == 4);
    CHECK_FALSE(session.send("more"));
}

TEST_CASE("A session that is silent or deaf is over its time", "[sandbox][session]") {
    if (!isolated()) return;
    Sandbox sandbox(*isolated());
    sandbox.program("import time\ntime.sleep(100)");
    SandboxLimits limits;
    limits.set_timeout(0.2);
    SandboxSession session(sandbox, "stdin", limits, true);
    CHECK_FALSE(session.send(std::string(8u << 20, 'x')));
    CHECK_FALSE(session.receive().has_value());
    CHECK(session.result().end == RunEnd::timeout);
}
