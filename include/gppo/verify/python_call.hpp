// SPDX-License-Identifier: Apache-2.0
//
// The Python program that a turn of the model asks to run: what the turn ends with. Two forms,
//
//     ```python                <tool_call>
//     print(6 * 7)             {"name": "python", "arguments": {"code": "print(6 * 7)"}}
//     ```                      </tool_call>
//
// A turn that goes on after the block is an answer that shows a program, not a call. Begun and not
// closed, unreadable, or with more than one call, it is a call that no tool can read.
#pragma once

#include <gppo/verify/code_block.hpp>
#include <gppo/verify/tool_calls.hpp>

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>

namespace gppo {

enum class CallForm { fence, tool_call };

struct PythonCall {
    bool called = false;
    bool well_formed = true;
    std::string program{};
};

/// A block in backquotes at the end of `turn`.
inline PythonCall fenced_call(std::string_view turn) {
    const std::string_view text = trimmed(after_thinking(turn));
    std::size_t fences = 0, last = 0;
    for (auto at = text.find("```"); at != text.npos; at = text.find("```", at + 3))
        ++fences, last = at;
    const bool open = fences % 2 == 1;
    if (fences == 0 || (!open && last + 3 != text.size())) return {};
    const auto program = open ? std::nullopt : code_block(text);
    if (!program) return {true, false, ""};
    return {true, true, *program};
}

/// Qwen's form, at the end of `turn`.
inline PythonCall json_call(std::string_view turn) {
    constexpr std::string_view open = "<tool_call>", close = "</tool_call>";
    const std::string_view text = trimmed(after_thinking(turn));
    const auto begin = text.find(open);
    if (begin == text.npos) return {};
    PythonCall unreadable{true, false, ""};
    if (tool_calls(text).calls != 1 || tool_calls(text).malformed != 0) return unreadable;
    const auto end = text.find(close, begin);
    if (end + close.size() != text.size()) return {};
    const auto json =
        nlohmann::json::parse(text.substr(begin + open.size(), end - begin - open.size()));
    const auto arguments = json.value("arguments", nlohmann::json::object());
    if (json["name"] != "python" || !arguments.contains("code") || !arguments["code"].is_string())
        return unreadable;
    return {true, true, arguments["code"].get<std::string>()};
}

/// `turn` is the text of one reply of the model, without its end token.
inline PythonCall python_call(std::string_view turn, CallForm form) {
    return form == CallForm::fence ? fenced_call(turn) : json_call(turn);
}

}  // namespace gppo
