// SPDX-License-Identifier: Apache-2.0
//
// Where the answer is in a response: after the last </think>, the last balanced \boxed{…} or
// \fbox{…}. And in a GSM8K solution: after the last ####. Linear in the text, no allocation beyond
// a brace stack.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

namespace gppo {

/// `text` without white space at its ends.
constexpr std::string_view trimmed(std::string_view text) noexcept {
    constexpr std::string_view blank = " \t\r\n\f\v";
    const auto first = text.find_first_not_of(blank);
    if (first == text.npos) return {};
    return text.substr(first, text.find_last_not_of(blank) - first + 1);
}

/// The part of a response that may hold the answer: what follows the last </think>. Empty if
/// thinking was opened and never closed; everything if there are no tags.
constexpr std::string_view after_thinking(std::string_view response) noexcept {
    constexpr std::string_view close = "</think>";
    if (const auto at = response.rfind(close); at != response.npos)
        return response.substr(at + close.size());
    return response.find("<think>") == response.npos ? response : std::string_view{};
}

/// The contents of the box of `text` that closes last, or nothing. Boxes inside a box belong to the
/// outer one; \{ and \} are text. A box opened later and never closed means the answer was cut off:
/// nothing. `\boxed 5` boxes the word that follows.
inline std::optional<std::string_view> last_box(std::string_view text) {
    struct Brace {
        std::size_t at;
        bool box;
    };
    std::vector<Brace> open;
    std::optional<std::string_view> found;
    std::size_t found_end = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '{') {
            open.push_back({i + 1, false});
        } else if (text[i] == '}' && !open.empty()) {
            if (open.back().box) {
                found = text.substr(open.back().at, i - open.back().at);
                found_end = i;
            }
            open.pop_back();
        } else if (text[i] == '\\') {
            const std::string_view rest = text.substr(i + 1);
            const std::size_t word =
                rest.starts_with("boxed") ? 5 : (rest.starts_with("fbox") ? 4 : 0);
            const auto argument = word ? rest.find_first_not_of(' ', word) : rest.npos;
            if (word && argument == rest.npos) return std::nullopt;  // cut off before the brace
            if (!word) {
                ++i;  // an escaped character, or the first letter of another command
            } else if (rest[argument] == '{') {
                i += 1 + argument;
                open.push_back({i + 1, true});
            } else if (argument > word) {
                const auto end = rest.find_first_of(" \t\r\n$}", argument);
                found = rest.substr(argument, end == rest.npos ? end : end - argument);
                found_end = i += word;
            }
        }
    }
    for (const Brace& brace : open)
        if (brace.box && brace.at > found_end) return std::nullopt;
    return found;
}

/// The boxed answer of a response, trimmed; nothing if there is none after the thinking.
inline std::optional<std::string_view> boxed_answer(std::string_view response) {
    const auto box = last_box(after_thinking(response));
    return box ? std::optional(trimmed(*box)) : std::nullopt;
}

/// The answer of a GSM8K solution: the rest of the line after the last "####"; nothing without one.
constexpr std::optional<std::string_view> gsm8k_answer(std::string_view solution) noexcept {
    const auto at = solution.rfind("####");
    if (at == solution.npos) return std::nullopt;
    const std::string_view rest = solution.substr(at + 4);
    return trimmed(rest.substr(0, rest.find('\n')));
}

}  // namespace gppo
