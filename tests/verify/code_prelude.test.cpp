// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/verify/code_prelude.hpp>

using namespace gppo;

namespace {

bool has(const std::vector<std::string>& modules, const char* name) {
    return std::find(modules.begin(), modules.end(), name) != modules.end();
}

}  // namespace

TEST_CASE("Identifiers are whole words", "[verify][code_prelude]") {
    const auto names = identifiers("a.bc(d_1) 'e'");
    CHECK(names == std::set<std::string_view>{"a", "bc", "d_1", "e"});
    CHECK(identifiers("").empty());
}

TEST_CASE("Modules are given where the program mentions them or a member",
          "[verify][code_prelude]") {
    const auto modules = prelude_for("def f(x: List[int]): return heappop(x) + inf");
    CHECK(has(modules, "typing"));
    CHECK(has(modules, "heapq"));
    CHECK(has(modules, "math"));
    CHECK_FALSE(has(modules, "itertools"));
    CHECK_FALSE(has(modules, "nodes"));
    CHECK(has(prelude_for("head: ListNode"), "nodes"));
    CHECK(prelude_for("print(1)").empty());
}

TEST_CASE("What a program imports is imported once before", "[verify][code_prelude]") {
    const auto modules = imports_of("import json, numpy\nfrom decimal import Decimal");
    CHECK(has(modules, "json"));
    CHECK(has(modules, "decimal"));
    CHECK_FALSE(has(modules, "numpy"));  // only what comes with Python
}
