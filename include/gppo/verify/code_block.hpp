// SPDX-License-Identifier: Apache-2.0
//
// The program in a response: the last fenced block of its language after the last </think>.
#pragma once

#include <gppo/verify/boxed.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace gppo {

enum class CodeLanguage { python, cpp };

constexpr std::string_view language_name(CodeLanguage language) noexcept {
    return language == CodeLanguage::cpp ? "cpp" : "python";
}

/// The language that the word behind a fence names.
constexpr std::optional<CodeLanguage> fence_language(std::string_view word) noexcept {
    for (const std::string_view name : {"python", "Python", "python3", "py", "PYTHON"})
        if (word == name) return CodeLanguage::python;
    for (const std::string_view name : {"cpp", "c++", "C++", "CPP", "cc", "cxx"})
        if (word == name) return CodeLanguage::cpp;
    return std::nullopt;
}

/// The last closed block of `language` after the last </think>. A fence stands at the start of a
/// line; a block that is not closed does not count, nor does one without a language.
inline std::optional<std::string> code_block(std::string_view response, CodeLanguage language) {
    const std::string_view text = after_thinking(response);
    std::optional<std::string> last;
    std::optional<CodeLanguage> inside;
    bool open = false;
    std::size_t begin = 0;
    for (std::size_t at = 0; at < text.size();) {
        std::size_t end = text.find('\n', at);
        if (end == text.npos) end = text.size();
        std::string_view line = trimmed(text.substr(at, end - at));
        if (line.starts_with("```")) {
            line.remove_prefix(3);
            if (open && line.empty()) {
                if (inside == language) last = std::string(text.substr(begin, at - begin));
                open = false;
            } else if (!open || fence_language(line)) {  // a new fence ends what was not closed
                open = true;
                inside = fence_language(line);
                begin = end + 1 < text.size() ? end + 1 : text.size();
            }
        }
        at = end + 1;
    }
    return last;
}

/// The last Python block after the last </think>.
inline std::optional<std::string> code_block(std::string_view response) {
    return code_block(response, CodeLanguage::python);
}

}  // namespace gppo
