// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/verify/code_tests.hpp>

using namespace gppo;

TEST_CASE("How many tests there are depends on their kind", "[verify][code_tests]") {
    CodeTests tests;
    CHECK(tests.size() == 0);
    tests.cases.resize(3);
    tests.calls.resize(2);
    CHECK(tests.size() == 3);
    tests.kind = CodeTestKind::call;
    CHECK(tests.size() == 2);
    tests.kind = CodeTestKind::script;
    CHECK(tests.size() == 1);
}

TEST_CASE("A call without arguments has an empty list and an empty dictionary",
          "[verify][code_tests]") {
    CHECK(CodeCall{}.arguments == Json::array());
    CHECK(CodeCall{}.named == Json::parse(R"({"d":[]})"));
}
