// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/text/chat_template.hpp>

#include <string>
#include <vector>

namespace {

using Messages = std::vector<gppo::Message>;

}  // namespace

TEST_CASE("a question opens the assistant's turn", "[text][chat_template]") {
    const Messages chat{{"user", "2+2"}};
    CHECK(gppo::render(chat) == "<|im_start|>user\n2+2<|im_end|>\n<|im_start|>assistant\n");
    CHECK(gppo::render(chat, {.thinking = false}) ==
          "<|im_start|>user\n2+2<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n");
    CHECK(gppo::render(chat, {.add_generation_prompt = false}) ==
          "<|im_start|>user\n2+2<|im_end|>\n");
}

TEST_CASE("thinking is kept in the last turn and dropped before", "[text][chat_template]") {
    const Messages chat{{"system", "S"},
                        {"user", "a"},
                        {"assistant", "<think>\nt1\n</think>\n\nb"},
                        {"user", "c"},
                        {"assistant", "<think>\nt2\n</think>\n\nd"}};
    CHECK(gppo::render(chat, {.add_generation_prompt = false}) ==
          "<|im_start|>system\nS<|im_end|>\n<|im_start|>user\na<|im_end|>\n<|im_start|>"
          "assistant\nb<|im_end|>\n"
          "<|im_start|>user\nc<|im_end|>\n<|im_start|>assistant\n<think>\nt2\n</"
          "think>\n\nd<|im_end|>\n");
}

TEST_CASE("tools are described, called and answered", "[text][chat_template]") {
    const Messages chat{{.role = "user", .content = "w?"},
                        {.role = "assistant",
                         .content = "",
                         .reasoning = "look",
                         .tool_calls = {{"f", "{\"x\": 1}"}}},
                        {.role = "tool", .content = "sun"},
                        {.role = "tool", .content = "rain"}};
    const std::string text =
        gppo::render(chat, {.tools = {R"({"name":"f","parameters":{"x":[1,2.5,null]}})"}});
    CHECK(text.find(
              "<tools>\n{\"name\": \"f\", \"parameters\": {\"x\": [1, 2.5, null]}}\n</tools>") !=
          std::string::npos);
    CHECK(text.find("<|im_start|>assistant\n<think>\nlook\n</think>\n\n<tool_call>\n{\"name\": "
                    "\"f\", \"arguments\": "
                    "{\"x\": 1}}\n</tool_call><|im_end|>\n") != std::string::npos);
    CHECK(text.find(
              "<|im_start|>user\n<tool_response>\nsun\n</tool_response>\n<tool_response>\nrain\n"
              "</tool_response><|im_end|>\n") != std::string::npos);
}

TEST_CASE("what the template cannot say is an error", "[text][chat_template]") {
    CHECK_THROWS_WITH(gppo::render(Messages{}), Catch::Contains("at least one message"));
    CHECK_THROWS_WITH(gppo::render(Messages{{"user", "a"}, {"bot", "b"}}),
                      Catch::Contains("message 1 has the role 'bot'"));
    CHECK_THROWS_WITH(gppo::render(Messages{{"user", "a"}}, {.tools = {"{"}}),
                      Catch::Contains("not JSON"));
}
