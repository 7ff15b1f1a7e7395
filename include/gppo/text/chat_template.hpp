// SPDX-License-Identifier: Apache-2.0
//
// Qwen3's chat template in C++: ChatML turns, thinking on and off, tools, past thinking dropped.
// Character for character what transformers renders from qwen3_jinja.hpp. Earlier turns change when
// a turn is added, so training works on the ids that were sampled and never renders a completion
// again.
#pragma once

#include <gppo/core/error.hpp>
#include <gppo/core/json_depth.hpp>
#include <gppo/text/message.hpp>
#include <gppo/text/qwen3_jinja.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gppo {

struct ChatOptions {
    bool add_generation_prompt = true;  ///< end with the opening of the assistant's turn
    bool thinking = true;  ///< false: that opening has an empty thought, so the model skips it
    std::vector<std::string> tools{};  ///< JSON text, one function description each
};

/// The template for Jinja, to be saved with the model.
inline std::string qwen3_chat_template_jinja() {
    return std::string(qwen3_jinja);
}

namespace chat {

inline std::string_view strip_left(std::string_view text) {
    return text.substr(std::min(text.find_first_not_of('\n'), text.size()));
}
inline std::string_view strip_right(std::string_view text) {
    return text.substr(0, text.find_last_not_of('\n') + 1);  // npos + 1 is 0
}

/// A number as Python's repr writes it: the fewest digits that read back the same, with an exponent
/// below 1e-4 and from 1e16 on.
inline std::string python_number(double value) {
    std::array<char, 40> text{};
    const auto written = [&](std::chars_format format) {
        const auto end = std::to_chars(text.data(), text.data() + text.size(), value, format).ptr;
        return std::string(text.data(), end);
    };
    const std::string scientific = written(std::chars_format::scientific);
    const int exponent = std::stoi(scientific.substr(scientific.find('e') + 1));
    if (exponent < -4 || exponent >= 16) return scientific;
    const std::string fixed = written(std::chars_format::fixed);
    return fixed.find('.') == std::string::npos ? fixed + ".0" : fixed;
}

/// JSON the way Python's json.dumps spaces it, which is what Jinja's tojson writes.
inline std::string python_json(const nlohmann::ordered_json& value) {
    if (value.is_number_float()) return python_number(value.get<double>());
    if (!value.is_structured()) return value.dump();
    std::string out;
    for (const auto& [key, element] : value.items()) {
        if (!out.empty()) out += ", ";
        if (value.is_object()) out += nlohmann::ordered_json(key).dump() + ": ";
        out += python_json(element);
    }
    return value.is_object() ? "{" + out + "}" : "[" + out + "]";
}

inline bool is_tool_response(std::string_view content) {
    return content.starts_with("<tool_response>") && content.ends_with("</tool_response>");
}

/// The last message in which the user asks something; thinking before it is dropped.
inline std::size_t last_query(std::span<const Message> messages) {
    for (std::size_t i = messages.size(); i-- > 0;)
        if (messages[i].role == "user" && !is_tool_response(messages[i].content)) return i;
    return messages.size() - 1;
}

inline std::string tool_preamble(std::span<const std::string> tools) {
    std::string out =
        "# Tools\n\nYou may call one or more functions to assist with the user query.\n\nYou are "
        "provided "
        "with function signatures within <tools></tools> XML tags:\n<tools>";
    for (const std::string& tool : tools) {
        expects(json_depth(tool) <= max_json_depth, "a tool's description is nested too deeply");
        const auto json = nlohmann::ordered_json::parse(tool, nullptr, false);
        expects(!json.is_discarded(),
                [&] { return "a tool's description is not JSON: " + tool.substr(0, 60); });
        out += "\n" + python_json(json);
    }
    return out +
           "\n</tools>\n\nFor each function call, return a json object with function name and "
           "arguments "
           "within <tool_call></tool_call> XML tags:\n<tool_call>\n{\"name\": <function-name>, "
           "\"arguments\": <args-json-object>}\n</tool_call>";
}

/// An assistant's turn. `recent`: after the last query, where thinking is kept.
inline std::string assistant_turn(const Message& message, bool recent, bool last) {
    std::string_view content = message.content, reasoning;
    const std::size_t close = content.find("</think>");
    if (message.reasoning) {
        reasoning = *message.reasoning;
    } else if (close != std::string_view::npos) {
        reasoning = strip_right(content.substr(0, close));
        if (const std::size_t open = reasoning.rfind("<think>"); open != std::string_view::npos)
            reasoning.remove_prefix(open + 7);
        reasoning = strip_left(reasoning);
        content = strip_left(content.substr(content.rfind("</think>") + 8));
    }
    std::string out = "<|im_start|>assistant\n";
    if (recent && (last || !reasoning.empty()))
        out.append("<think>\n")
            .append(strip_right(strip_left(reasoning)))
            .append("\n</think>\n\n")
            .append(strip_left(content));
    else
        out += content;
    for (std::size_t i = 0; i < message.tool_calls.size(); ++i) {
        if (i > 0 || !content.empty()) out += '\n';
        const ToolCall& call = message.tool_calls[i];
        out += "<tool_call>\n{\"name\": \"" + call.name + "\", \"arguments\": " + call.arguments +
               "}\n</tool_call>";
    }
    return out + "<|im_end|>\n";
}

/// Tool results are one user turn as long as no other role comes between.
inline std::string tool_turn(std::span<const Message> messages, std::size_t i) {
    std::string out = i == 0 || messages[i - 1].role != "tool" ? "<|im_start|>user" : "";
    out += "\n<tool_response>\n" + messages[i].content + "\n</tool_response>";
    if (i + 1 == messages.size() || messages[i + 1].role != "tool") out += "<|im_end|>\n";
    return out;
}

}  // namespace chat

/// The conversation as the model reads it. An unknown role is an Error, and so is no message at
/// all.
inline std::string render(std::span<const Message> messages, const ChatOptions& options = {}) {
    expects(!messages.empty(), "a chat needs at least one message");
    const bool has_system = messages[0].role == "system";
    std::string out;
    if (!options.tools.empty())
        out = "<|im_start|>system\n" + (has_system ? messages[0].content + "\n\n" : std::string()) +
              chat::tool_preamble(options.tools) + "<|im_end|>\n";
    else if (has_system)
        out = "<|im_start|>system\n" + messages[0].content + "<|im_end|>\n";
    const std::size_t query = chat::last_query(messages);
    for (std::size_t i = has_system ? 1 : 0; i < messages.size(); ++i) {
        const Message& message = messages[i];
        if (message.role == "user" || message.role == "system")
            out += "<|im_start|>" + message.role + "\n" + message.content + "<|im_end|>\n";
        else if (message.role == "assistant")
            out += chat::assistant_turn(message, i > query, i + 1 == messages.size());
        else if (message.role == "tool")
            out += chat::tool_turn(messages, i);
        else
            throw Error("message " + std::to_string(i) + " has the role '" + message.role +
                        "'; the chat template knows system, user, assistant and tool");
    }
    if (options.add_generation_prompt) out += "<|im_start|>assistant\n";
    if (options.add_generation_prompt && !options.thinking) out += "<think>\n\n</think>\n\n";
    return out;
}

}  // namespace gppo
