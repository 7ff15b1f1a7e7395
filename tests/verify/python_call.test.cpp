// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/verify/python_call.hpp>

#include <string>
#include <vector>

using namespace gppo;

TEST_CASE("a turn that ends with a block calls it", "[verify][python_call]") {
    const PythonCall call =
        python_call("I compute.\n```python\nprint(6 * 7)\n```\n", CallForm::fence);
    CHECK((call.called && call.well_formed));
    CHECK(call.program == "print(6 * 7)\n");
    CHECK(python_call("<think>hm ```</think>```python\nx\n```", CallForm::fence).program == "x\n");
    const PythonCall two =
        python_call("```python\na\n```\nthen\n```python\nb\n```", CallForm::fence);
    CHECK((two.well_formed && two.program == "b\n"));
}

TEST_CASE("a turn that shows a program and goes on calls nothing", "[verify][python_call]") {
    for (const char* text : {"", "42", "\\boxed{42}", "```python\nprint(1)\n```\nprints \\boxed{1}",
                             "<think>```python\nprint(1)\n```</think>42", "<think>```python\nx"}) {
        INFO(text);
        CHECK_FALSE(python_call(text, CallForm::fence).called);
    }
}

TEST_CASE("a block that is not closed, or in no language, is a call nobody can read",
          "[verify][python_call]") {
    for (const char* text : {"```python\nprint(1", "```", "```\nprint(1)\n```",
                             "```python print\n```x```", "```cpp\nint x;\n```"}) {
        INFO(text);
        const PythonCall call = python_call(text, CallForm::fence);
        CHECK(call.called);
        CHECK_FALSE(call.well_formed);
    }
}

TEST_CASE("Qwen's form of a call is read as JSON", "[verify][python_call]") {
    const std::string open = "<tool_call>\n", close = "\n</tool_call>";
    const auto read = [](const std::string& text) {
        return python_call(text, CallForm::tool_call);
    };
    const PythonCall call =
        read("Let me see.\n" + open + R"({"name": "python", "arguments": {"code": "print(1)\n"}})" +
             close + "\n");
    CHECK((call.called && call.well_formed));
    CHECK(call.program == "print(1)\n");
    CHECK_FALSE(read("```python\nprint(1)\n```").called);
    CHECK_FALSE(
        read(open + R"({"name": "python", "arguments": {"code": "1"}})" + close + " is the call")
            .called);
    for (const std::string& text :
         std::vector<std::string>{open + "{", open + "{}" + close,
                                  open + R"({"name": "perl", "arguments": {"code": "1"}})" + close,
                                  open + R"({"name": "python", "arguments": {"code": 1}})" + close,
                                  open + R"({"name": "python"})" + close,
                                  open + R"({"name": "python", "arguments": {"code": "1"}})" +
                                      close + open + "{}" + close,
                                  open + std::string(5000, '[') + close}) {
        INFO(text.substr(0, 60));
        CHECK(read(text).called);
        CHECK_FALSE(read(text).well_formed);
    }
}
