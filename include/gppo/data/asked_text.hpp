// SPDX-License-Identifier: Apache-2.0
//
// The text by which rows are compared: what is asked, without the answer. Rows of any known shape,
// also those without an answer; or one field, by its name.
#pragma once

#include <gppo/core/error.hpp>

#include <nlohmann/json.hpp>

#include <initializer_list>
#include <string>
#include <string_view>

namespace gppo {

/// The value at "a" or "a.b.c"; nullptr where there is none.
inline const nlohmann::json* field_of(const nlohmann::json& row, std::string_view path) {
    const nlohmann::json* value = &row;
    for (;;) {
        // A name with a dot in it is a name before it is a path.
        const auto whole = value->is_object() ? value->find(std::string(path)) : value->end();
        if (value->is_object() && whole != value->end()) return &*whole;
        const auto dot = path.find('.');
        if (dot == path.npos || !value->is_object()) return nullptr;
        const auto part = value->find(std::string(path.substr(0, dot)));
        if (part == value->end()) return nullptr;
        value = &*part;
        path.remove_prefix(dot + 1);
    }
}

/// The content of a message: text, or the text parts of a list of parts. Throws Error for others.
inline std::string content_text(const nlohmann::json& content) {
    if (content.is_string()) return content.get<std::string>();
    expects(content.is_array(), "a message has no text in \"content\"");
    std::string text;
    for (const nlohmann::json& part : content) {
        const bool has = part.is_object() && part.contains("text") && part["text"].is_string();
        if (has) text += (text.empty() ? "" : "\n") + part["text"].get<std::string>();
    }
    return text;
}

/// The user's turns, a line break between them. Throws Error if a message is none.
inline std::string user_turns(const nlohmann::json& messages) {
    std::string text;
    for (const nlohmann::json& message : messages) {
        const bool sharegpt = message.is_object() && message.contains("from");
        const char *role = sharegpt ? "from" : "role", *content = sharegpt ? "value" : "content";
        const bool right = message.is_object() && message.contains(role) &&
                           message[role].is_string() && message.contains(content);
        expects(right, [&] {
            return std::string("a message lacks \"") + role + "\" or \"" + content + "\"";
        });
        if (message[role] == "user" || message[role] == "human")
            text += (text.empty() ? "" : "\n") + content_text(message[content]);
    }
    return text;
}

/// What a row asks; with `field`, the text there. Throws Error where there is no such text.
inline std::string asked_text(const nlohmann::json& row, std::string_view field = {}) {
    if (!field.empty()) {
        const nlohmann::json* value = field_of(row, field);
        expects(value != nullptr && (value->is_string() || value->is_array()),
                [&] { return "no text in field \"" + std::string(field) + "\""; });
        return value->is_string() ? value->get<std::string>() : user_turns(*value);
    }
    for (const char* name : {"prompt", "question", "problem", "messages", "conversations"}) {
        const auto found = row.find(name);
        if (found == row.end()) continue;
        if (found->is_string()) return found->get<std::string>();
        if (found->is_array()) return user_turns(*found);
    }
    throw Error(
        "no text in prompt, question, problem, messages or conversations; name the field "
        "(--field)");
}

}  // namespace gppo
