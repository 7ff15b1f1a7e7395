// SPDX-License-Identifier: Apache-2.0
//
// How deep JSON text nests. Asked before text from outside is parsed: parsing does not recurse, but
// printing and comparing the parsed value does, and a file of brackets would overflow the stack.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace gppo {

/// Nesting that nothing honest reaches: configurations and vocabularies have fewer than 10.
inline constexpr int max_json_depth = 128;

/// Nesting of the JSON text, strings left out. The text need not be valid.
inline int json_depth(std::string_view text) noexcept {
    int depth = 0, deepest = 0;
    bool string = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (string) {
            i += c == '\\';
            string = c != '"';
        } else if (c == '"') {
            string = true;
        } else if (c == '{' || c == '[') {
            deepest = std::max(deepest, ++depth);
        } else if (c == '}' || c == ']') {
            --depth;
        }
    }
    return deepest;
}

}  // namespace gppo
