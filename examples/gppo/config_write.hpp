// SPDX-License-Identifier: Apache-2.0
//
// Fields out again: the resolved configuration as TOML (it reads back to the same values) and as
// JSON, and the list of keys for --help.
#pragma once

#include "config_field.hpp"

#include <array>
#include <charconv>
#include <string>

/// The shortest text that reads back to the same double, with a point or exponent so that it stays
/// one.
inline std::string number_text(double value) {
    std::array<char, 32> buffer{};
    const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
    std::string text(buffer.data(), end);
    if (text.find_first_of(".eni") == std::string::npos) text += ".0";
    return text;
}

inline std::string toml_value(bool value) {
    return value ? "true" : "false";
}
inline std::string toml_value(std::int64_t value) {
    return std::to_string(value);
}
inline std::string toml_value(double value) {
    return number_text(value);
}
/// JSON's escapes are a subset of those of TOML's basic strings, but for the DEL character.
inline std::string toml_value(const std::string& value) {
    const std::string json = nlohmann::json(value).dump(-1, ' ', true);
    std::string text;
    for (const char c : json) text += c == '\x7F' ? std::string("\\u007F") : std::string{c};
    return text;
}
std::string toml_value(const FreeTable& value);
template <class Item>
std::string toml_value(const std::vector<Item>& items) {
    std::string text = "[";
    for (std::size_t i = 0; i < items.size(); ++i) text += (i ? ", " : "") + toml_value(items[i]);
    return text + "]";
}
inline std::string toml_value(const FreeTable& value) {
    if (value.is_boolean()) return toml_value(value.get<bool>());
    if (value.is_number_integer()) return toml_value(value.get<std::int64_t>());
    if (value.is_number()) return toml_value(value.get<double>());
    if (value.is_string()) return toml_value(value.get<std::string>());
    std::string text;
    for (const auto& [key, item] : value.items()) {
        if (!text.empty()) text += ", ";
        text += value.is_array() ? toml_value(item) : toml_value(key) + " = " + toml_value(item);
    }
    return value.is_array() ? "[" + text + "]" : "{ " + text + (text.empty() ? "}" : " }");
}

/// One [section] per group of keys.
inline std::string config_to_toml(const FieldList& list) {
    std::string text, section;
    for (const Field& field : list.fields) {
        if (field.section != section) text += (text.empty() ? "[" : "\n[") + field.section + "]\n";
        section = field.section;
        text += field.key + " = " +
                std::visit([](auto* slot) { return toml_value(*slot); }, field.slot) + "\n";
    }
    return text;
}

/// {"section": {"key": value}}, in the order of the list.
inline nlohmann::ordered_json config_to_json(const FieldList& list) {
    nlohmann::ordered_json root = nlohmann::ordered_json::object();
    for (const Field& field : list.fields)
        std::visit([&](auto* slot) { root[field.section][field.key] = *slot; }, field.slot);
    return root;
}

/// One line per key: name, default, meaning, choices. `list` must still hold the defaults.
inline std::string config_help(const FieldList& list) {
    std::string text, section;
    for (const Field& field : list.fields) {
        if (field.section != section) text += (text.empty() ? "[" : "\n[") + field.section + "]\n";
        section = field.section;
        const std::string value =
            std::visit([](auto* slot) { return toml_value(*slot); }, field.slot);
        std::string line = "  " + field.key + " = " + value;
        line.resize(std::max<std::size_t>(line.size() + 2, 38), ' ');
        text += line + field.help;
        const auto& choices = field.limit.choices;
        for (std::size_t i = 0; i < choices.size(); ++i) text += (i ? " | " : ": ") + choices[i];
        text += "\n";
    }
    return text;
}
