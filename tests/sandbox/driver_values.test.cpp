// SPDX-License-Identifier: Apache-2.0
#include "isolation.hpp"

#include <gppo/sandbox/driver_values.hpp>

#include <string>

using namespace gppo;

namespace {

/// repr of decode(text), and encode of that again.
std::string there_and_back(const std::string& text) {
    Sandbox sandbox(*isolated());
    sandbox.program("import sys, builtins, _json\nHUGE = 1 << 63\n" +
                    std::string(sandbox_driver_values) +
                    "for line in sys.stdin:\n    x = decode(line)\n    print(repr(x), encode(x))");
    const auto run = sandbox.run("stdin", text, {});
    INFO(run.errors);
    CHECK(run.code == 0);
    return run.output;
}

}  // namespace

TEST_CASE("Values of Python come back as they were", "[sandbox][driver_values]") {
    if (!isolated()) return;
    CHECK(there_and_back(R"([1,-2,true,null,"a\"b",1.5]
{"t":[1,{"t":[]}]}
{"d":[[1,"x"],[{"t":[1,2]},[]]]}
{"s":[3]}
{"i":"123456789012345678901234567890"}
{"f":"nan"}
{"b":"\u00ff"}
{"c":[1.0,-2.0]}
)") == R"([1, -2, True, None, 'a"b', 1.5] [1,-2,true,null,"a\"b",1.5]
(1, ()) {"t":[1,{"t":[]}]}
{1: 'x', (1, 2): []} {"d":[[1,"x"],[{"t":[1,2]},[]]]}
{3} {"s":[3]}
123456789012345678901234567890 {"i":"123456789012345678901234567890"}
nan {"f":"nan"}
b'\xff' {"b":"\u00ff"}
(1-2j) {"c":[1.0,-2.0]}
)");
}

TEST_CASE("Lists of nodes and trees cross as their values", "[sandbox][driver_values]") {
    if (!isolated()) return;
    const std::string out = there_and_back(R"({"l":[1,2,3]}
{"n":[1,null,2,3]}
)");
    CHECK(out.find(R"({"l":[1,2,3]})") != out.npos);
    CHECK(out.find(R"({"n":[1,null,2,3]})") != out.npos);
}

TEST_CASE("An object with an __eq__ of its own is only a name", "[sandbox][driver_values]") {
    if (!isolated()) return;
    Sandbox sandbox(*isolated());
    sandbox.program("import sys, builtins, _json\nHUGE = 1 << 63\n" +
                    std::string(sandbox_driver_values) +
                    "class All:\n    def __eq__(self, o): return True\nprint(encode([All()]))");
    CHECK(sandbox.run("stdin", "", {}).output == "[{\"u\":\"All\"}]\n");
}
