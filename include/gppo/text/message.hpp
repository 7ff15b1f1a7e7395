// SPDX-License-Identifier: Apache-2.0
//
// One turn of a conversation, as chat templates and data rows see it.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace gppo {

/// A function call that the assistant asks for.
struct ToolCall {
    std::string name{};
    std::string arguments{};  ///< JSON text, rendered as it is

    friend bool operator==(const ToolCall&, const ToolCall&) = default;
};

/// role: "system", "user", "assistant" or "tool". content: UTF-8 text.
struct Message {
    std::string role{};
    std::string content{};
    /// assistant: its thinking; without it, what content has before </think>
    std::optional<std::string> reasoning{};
    std::vector<ToolCall> tool_calls{};

    friend bool operator==(const Message&, const Message&) = default;
};

}  // namespace gppo
