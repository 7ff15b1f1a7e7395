// SPDX-License-Identifier: Apache-2.0
//
// How many tools a response calls, and how many of the calls a tool could read: Qwen's form,
//
//     <tool_call>
//     {"name": "add", "arguments": {"a": 1}}
//     </tool_call>
//
// A call cannot be read whose tag is not closed, that is no JSON object, that has no name, or whose
// arguments are no object. A call may have none.
#pragma once

#include <gppo/core/view.hpp>

#include <nlohmann/json.hpp>

#include <string_view>

namespace gppo {

struct ToolCalls {
    Index calls = 0;
    Index malformed = 0;
};

/// Whether `text` is one call, blanks around it allowed.
inline bool is_tool_call(std::string_view text) {
    Index depth = 0;  // the parser recurses
    for (const char c : text) {
        if ((c == '{' || c == '[') && ++depth > 64) return false;
        if (c == '}' || c == ']') --depth;
    }
    const auto call = nlohmann::json::parse(text, nullptr, false);
    return call.is_object() && call.contains("name") && call["name"].is_string() &&
           (!call.contains("arguments") || call["arguments"].is_object());
}

inline ToolCalls tool_calls(std::string_view response) {
    constexpr std::string_view open = "<tool_call>", close = "</tool_call>";
    ToolCalls found;
    for (auto at = response.find(open); at != response.npos;) {
        const auto start = at + open.size(), end = response.find(close, start),
                   next = response.find(open, start);
        ++found.calls;
        if (end == response.npos || end > next ||
            !is_tool_call(response.substr(start, end - start)))
            ++found.malformed;
        at = next;
    }
    return found;
}

}  // namespace gppo
