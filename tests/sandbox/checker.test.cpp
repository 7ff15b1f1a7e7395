// SPDX-License-Identifier: Apache-2.0
#include "isolation.hpp"

#include <gppo/sandbox/checker.hpp>

#include <string>

using namespace gppo;

namespace {

/// What the checker says last of a script that asks nothing of a program.
std::string checked(const std::string& script) {
    Sandbox sandbox(*isolated());
    sandbox.program(checker_program());
    std::string quoted;
    for (char c : script) quoted += c == '\n' ? "\\n" : std::string(1, c);
    const auto run =
        sandbox.run("stdin", R"({"script":")" + quoted + R"(","before":"","entry":""})" + "\n", {});
    return run.answers;
}

}  // namespace

TEST_CASE("Each assert counts, and those behind a failed one are still tried",
          "[sandbox][checker]") {
    if (!isolated()) return;
    const std::string end = checked("assert 1 == 1\nassert 1 == 2\nassert 2 == 2");
    INFO(end);
    CHECK(end.find(R"("p":2,"t":3)") != end.npos);
    CHECK(end.find("AssertionError") != end.npos);
}

TEST_CASE("A script that asserts nothing or does not parse is broken, not wrong",
          "[sandbox][checker]") {
    if (!isolated()) return;
    for (const char* script : {"x = 1", "assert (", "import no_such_module"}) {
        const std::string end = checked(script);
        INFO(script << ": " << end);
        CHECK(end.find(R"("n":"broken")") != end.npos);
    }
}

TEST_CASE("A name that the script lacks is asked for", "[sandbox][checker]") {
    if (!isolated()) return;
    const std::string request = checked("assert f(1) == 2");
    CHECK(request.find(R"("op":"get","o":-1,"n":"f")") != request.npos);
}
