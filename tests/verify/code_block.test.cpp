// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/verify/code_block.hpp>

using namespace gppo;

TEST_CASE("The program is the last closed block after the thinking", "[verify][code_block]") {
    CHECK(
        code_block("<think>```python\nno\n```</think>\n```python\nfirst\n```\n```py\nlast\n```") ==
        "last\n");
    CHECK_FALSE(code_block("<think>```python\nno\n```</think> none").has_value());
    CHECK_FALSE(code_block("```python\nprint(1)").has_value());
    CHECK_FALSE(code_block("```\nprint(1)\n```").has_value());
    CHECK_FALSE(code_block("").has_value());
}

TEST_CASE("A block of another language does not count", "[verify][code_block]") {
    const char* both = "```cpp\nint x;\n```\n```python\nx\n```\n```text\n42\n```\n";
    CHECK(code_block(both) == "x\n");
    CHECK(code_block(both, CodeLanguage::cpp) == "int x;\n");
}

TEST_CASE("A new fence ends what was not closed, and a fence inside a line is text",
          "[verify][code_block]") {
    CHECK(code_block("```python\nbroken\n```python\nwhole\n```") == "whole\n");
    CHECK(code_block("```python\ns = '```'\n```\n") == "s = '```'\n");
    CHECK(code_block("```python\r\nx\r\n```\r\n") == "x\r\n");
}

TEST_CASE("Words behind fences name languages", "[verify][code_block]") {
    CHECK(fence_language("python3") == CodeLanguage::python);
    CHECK(fence_language("c++") == CodeLanguage::cpp);
    CHECK_FALSE(fence_language("java").has_value());
    CHECK_FALSE(fence_language("").has_value());
}
