// SPDX-License-Identifier: Apache-2.0
#include "isolation.hpp"

#include <gppo/verify/code_script.hpp>

using namespace gppo;

namespace {

CodeJudgement script_judged(const std::string& script, const std::string& program) {
    CodeTests tests;
    tests.kind = CodeTestKind::script;
    tests.script = script;
    tests.limits.set_timeout(1);
    Sandbox candidate(*isolated()), checker(*isolated());
    candidate.program(program);
    return CodeScript(tests, candidate, checker, tests.limits, 20).judge();
}

}  // namespace

TEST_CASE("A script asks for functions, classes and values of the program",
          "[verify][code_script]") {
    if (!isolated()) return;
    const auto right = script_judged(
        "s = Stack()\nfor i in range(3): s.push(i)\nassert s.pop() == LIMIT\n"
        "x = [2, 1]\nsort_it(x)\nassert x == [1, 2]\nassert double(3) == 6",
        "LIMIT = 2\nclass Stack:\n    def __init__(self): self.items = []\n    def push(self, x): "
        "self.items.append(x)\n    def pop(self): return self.items.pop()\n"
        "def sort_it(x): x.sort()\ndef double(x): return 2 * x");
    INFO(right.reason);
    CHECK(right.verdict == CodeVerdict::pass);
    CHECK(right.passed == 3);
}

TEST_CASE("An exception of the program is its error, a false assert is wrong",
          "[verify][code_script]") {
    if (!isolated()) return;
    CHECK(script_judged("assert f(1) == 2", "def f(x): return x").verdict == CodeVerdict::wrong);
    CHECK(script_judged("assert f(1) == 2", "def f(x): raise KeyError").verdict ==
          CodeVerdict::runtime_error);
    CHECK(script_judged("assert f(1) == 2", "def g(x): return 2").verdict ==
          CodeVerdict::runtime_error);
    CHECK(script_judged("assert f(1) == 2", "def f(x)").verdict == CodeVerdict::compile_error);
    CHECK(script_judged("assert f(1) == 2", "def f(x):\n    while True: pass").verdict ==
          CodeVerdict::timeout);
}

TEST_CASE("A broken script is our failure", "[verify][code_script]") {
    if (!isolated()) return;
    CHECK(script_judged("assert 1 +", "def f(x): return x").verdict == CodeVerdict::infra_error);
    CHECK(script_judged("import nothing_like_it", "def f(x): return x").verdict ==
          CodeVerdict::infra_error);
}
