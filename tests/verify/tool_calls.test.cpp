// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/verify/tool_calls.hpp>

#include <string>

using gppo::tool_calls;

namespace {

std::string call(const std::string& inside) {
    return "<tool_call>" + inside + "</tool_call>";
}

}  // namespace

TEST_CASE("calls that a tool can read are told from those it cannot", "[verify][tool_calls]") {
    const std::string good = call("\n{\"name\": \"add\", \"arguments\": {\"a\": 1}}\n");
    CHECK(tool_calls("no tools").calls == 0);
    CHECK(tool_calls(good + " and " + good).calls == 2);
    CHECK(tool_calls(good + " and " + good).malformed == 0);
    CHECK(tool_calls(call("{\"name\": \"now\"}")).malformed == 0);
    for (const char* bad :
         {"", "add(1)", "{\"name\": 3}", "{\"arguments\": {}}", "[1]", "{\"name\": \"x\"",
          "{\"name\": \"x\", \"arguments\": [1]}", "{\"name\": \"x\"} {}"}) {
        INFO(bad);
        CHECK(tool_calls(call(bad)).calls == 1);
        CHECK(tool_calls(call(bad)).malformed == 1);
        CHECK(tool_calls(good + call(bad)).malformed == 1);
    }
}

TEST_CASE("a call that is not closed is malformed, and does not swallow the next",
          "[verify][tool_calls]") {
    const std::string good = call("{\"name\": \"x\"}");
    CHECK(tool_calls("<tool_call>{\"name\": \"x\"}").malformed == 1);
    CHECK(tool_calls("<tool_call>{\"name\": \"x\"}" + good).calls == 2);
    CHECK(tool_calls("<tool_call>{\"name\": \"x\"}" + good).malformed == 1);
    CHECK(tool_calls("</tool_call>").calls == 0);
}

TEST_CASE("a hundred thousand brackets are malformed, not a crash", "[verify][tool_calls]") {
    CHECK(tool_calls(call(std::string(100'000, '['))).malformed == 1);
}
