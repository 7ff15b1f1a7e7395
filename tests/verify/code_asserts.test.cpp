// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/verify/code_asserts.hpp>

using namespace gppo;

TEST_CASE("LeetCode's asserts are calls with literal arguments and answers",
          "[verify][code_asserts]") {
    const auto calls = calls_of_asserts(
        "METADATA = {'author': 'x'}\n\ndef check(candidate):\n"
        "    assert candidate(nums = [2, 7], target = 9) == [0, 1]  # first\n"
        "    assert is_same_list(candidate(head = list_node([1, 2])), list_node([2, 1])), 'why'\n\n"
        "check(Solution().twoSum)\n",
        "");
    REQUIRE(calls);
    REQUIRE(calls->size() == 2);
    CHECK((*calls)[0].function == "Solution.twoSum");
    CHECK((*calls)[0].named == Json::parse(R"({"d":[["nums",[2,7]],["target",9]]})"));
    CHECK((*calls)[0].expected == Json::parse("[0,1]"));
    CHECK((*calls)[1].expected == Json::parse(R"({"l":[2,1]})"));
}

TEST_CASE("MBPP's asserts name their function", "[verify][code_asserts]") {
    const auto calls =
        calls_of_asserts("assert add(1, -2) == -1\nassert add('a', 'b') == 'ab'", "");
    REQUIRE(calls);
    CHECK((*calls)[0].function == "add");
    CHECK((*calls)[0].arguments == Json::parse("[1,-2]"));
    CHECK((*calls)[1].expected == "ab");
}

TEST_CASE("candidate is the entry point, and must be known", "[verify][code_asserts]") {
    const char* script = "def check(candidate):\n    assert candidate(1) == 2\n";
    CHECK((*calls_of_asserts(script, "f"))[0].function == "f");
    CHECK_FALSE(calls_of_asserts(script, "").has_value());
}

TEST_CASE("Anything that is not such an assert is left to Python", "[verify][code_asserts]") {
    for (const char* script :
         {"assert f(1) == 1 + 1", "assert f(x) == 2", "assert abs(f(1) - 2) < 1e-6",
          "assert f(1) != 2", "assert f(1) == 2 and f(2) == 3", "x = 1\nassert f(1) == 2",
          "for i in range(3): assert f(i) == i", "assert f(1)", "assert not f(1)", "",
          "import os\nassert f(1) == 2", "assert f(a=1, 2) == 3", "assert f(1) == 2 == 2"})
        CHECK_FALSE(calls_of_asserts(script, "f").has_value());
}
