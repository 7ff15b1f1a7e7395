// SPDX-License-Identifier: Apache-2.0
#include "isolation.hpp"

#include <gppo/sandbox/driver.hpp>

using namespace gppo;

TEST_CASE("Nothing that a run does to the driver is there in the next", "[sandbox][driver]") {
    if (!isolated()) return;
    Sandbox sandbox(*isolated());
    sandbox.program(
        "import sys, os\n"
        "print(hasattr(sys, 'mark'), os.path.exists('/tmp/mark'), sys.stdin.read())\n"
        "sys.mark = 1\nopen('/tmp/mark', 'w')\nos.fork()");
    for (const char* input : {"a", "b", "c"}) {
        const SandboxRun run = sandbox.run("stdin", input, {});
        CHECK(run.output.starts_with(std::string("False False ") + input));
    }
    CHECK(sandbox.alive());
}

TEST_CASE("A call answers on its pipe, apart from what it prints", "[sandbox][driver]") {
    if (!isolated()) return;
    Sandbox sandbox(*isolated());
    sandbox.program("def f(x, *, y=0):\n    print('noise')\n    return (x, y)");
    const OwnedFd input = sealed_file(R"({"f":"f","a":[7],"k":{"d":[["y",[1,2]]]}})"),
                  nothing = sealed_file("");
    auto running = sandbox.begin("call", {}, nothing.get(), input.get());
    const SandboxRun run = sandbox.complete(running);
    CHECK(run.answers == running.nonce + " value {\"t\":[7,[1,2]]}\n");
    CHECK(run.output == "noise\n");
}

TEST_CASE("Exit status, exceptions and signals are told apart", "[sandbox][driver]") {
    if (!isolated()) return;
    Sandbox sandbox(*isolated());
    const auto run = [&](const char* program) {
        sandbox.program(program);
        return sandbox.run("stdin", "", {});
    };
    CHECK(run("import sys\nsys.exit(3)").code == 3);
    const SandboxRun raised = run("raise KeyError('where')");
    CHECK(raised.code == 1);
    CHECK(raised.errors.find("KeyError: 'where'") != raised.errors.npos);
    const SandboxRun killed = run("import os\nos.kill(os.getpid(), 11)");
    CHECK(killed.end == RunEnd::signalled);
    CHECK(killed.code == 11);
}

TEST_CASE("Names of modules can be given without an import, never instead of builtins",
          "[sandbox][driver]") {
    if (!isolated()) return;
    Sandbox sandbox(*isolated());
    sandbox.program("print(Counter('aab')['a'], pow is __builtins__.pow, math.pi > 3)");
    sandbox.preload({"collections", "math", "nodes"}, {"json"});
    const SandboxRun run = sandbox.run("stdin", "", {});
    INFO(run.errors);
    CHECK(run.output == "2 True True\n");
}
