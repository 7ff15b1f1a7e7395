// SPDX-License-Identifier: Apache-2.0
//
// Text that somebody else wrote, made safe for the two places of a page it can stand in: elements
// and attributes, and JSON inside <script>.
#pragma once

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>

namespace gppo {

/// Text for HTML elements and quoted attributes. Control characters become their visible pictures.
inline std::string html_escape(std::string_view text) {
    std::string out;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '<') {
            out += "&lt;";
        } else if (c == '>') {
            out += "&gt;";
        } else if (c == '&') {
            out += "&amp;";
        } else if (c == '"') {
            out += "&quot;";
        } else if (c == '\'') {
            out += "&#39;";
        } else if (byte == 0x7f) {
            out += "\xe2\x90\xa1";
        } else if (byte < 0x20 && c != '\n' && c != '\t') {
            out += "\xe2\x90";
            out += static_cast<char>(0x80 + byte);
        } else {
            out += c;
        }
    }
    return out;
}

/// JSON that may stand inside <script>: no '<' can end the element, no U+2028/2029 can end a line.
inline std::string script_json(const nlohmann::ordered_json& value) {
    const std::string text = value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const std::string_view three = std::string_view(text).substr(i, 3);
        const bool separator = three == "\xe2\x80\xa8" || three == "\xe2\x80\xa9";
        if (text[i] == '<') {
            out += "\\u003c";
        } else if (separator) {
            out += three.back() == '\xa8' ? "\\u2028" : "\\u2029";
            i += 2;
        } else {
            out += text[i];
        }
    }
    return out;
}

}  // namespace gppo
