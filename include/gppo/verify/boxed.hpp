// SPDX-License-Identifier: Apache-2.0
//
// Where the answer is in a response: after the last </think>, the last balanced \boxed{…} or
// \fbox{…}. And in a GSM8K solution: after the last ####. Linear in the text, no allocation beyond
// a brace stack.
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
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

/// The outermost balanced boxes of a text, in order of their ends.
struct Boxes {
    struct Box {
        std::size_t begin, end;  ///< of the whole command in the text
        std::string_view content;
    };
    std::vector<Box> found;
    bool cut_off = false;  ///< a box was opened after the last found one and never closed
};

/// \{ and \} are text. `\boxed 5` boxes the word that follows. Boxes inside a box belong to the
/// outer one.
inline Boxes find_boxes(std::string_view text) {
    struct Brace {
        std::size_t at, command;
        bool box;
    };
    std::vector<Brace> open;
    Boxes boxes;
    const auto add = [&](std::size_t begin, std::size_t end, std::string_view content) {
        while (!boxes.found.empty() && boxes.found.back().begin > begin) boxes.found.pop_back();
        boxes.found.push_back({begin, end, content});
    };
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '{') {
            open.push_back({i + 1, i, false});
        } else if (text[i] == '}' && !open.empty()) {
            const Brace brace = open.back();
            open.pop_back();
            if (brace.box) add(brace.command, i + 1, text.substr(brace.at, i - brace.at));
        } else if (text[i] == '\\') {
            const std::string_view rest = text.substr(i + 1);
            const std::size_t word =
                rest.starts_with("boxed") ? 5 : (rest.starts_with("fbox") ? 4 : 0);
            const auto argument = word ? rest.find_first_not_of(' ', word) : rest.npos;
            if (word && argument == rest.npos) {  // cut off before the brace
                boxes.cut_off = true;
                return boxes;
            }
            if (!word) {
                ++i;  // an escaped character, or the first letter of another command
            } else if (rest[argument] == '{') {
                open.push_back({i + 2 + argument, i, true});
                i += 1 + argument;
            } else if (argument > word) {
                const auto end = std::min(rest.find_first_of(" \t\r\n$}", argument), rest.size());
                add(i, i + 1 + end, rest.substr(argument, end - argument));
                i += word;
            }
        }
    }
    const std::size_t last = boxes.found.empty() ? 0 : boxes.found.back().end;
    for (const Brace& brace : open) boxes.cut_off |= brace.box && brace.at > last;
    return boxes;
}

/// The contents of the box of `text` that closes last, or nothing. A box opened later and never
/// closed means the answer was cut off: nothing.
inline std::optional<std::string_view> last_box(std::string_view text) {
    const Boxes boxes = find_boxes(text);
    if (boxes.cut_off || boxes.found.empty()) return std::nullopt;
    return boxes.found.back().content;
}

/// Whether nothing but "and", "or", commas, "x_2 =" and signs of layout stand between two boxes.
inline bool joins_boxes(std::string_view between) {
    std::size_t i = 0;
    if (between.size() > 60) return false;
    while (i < between.size()) {
        const char c = between[i];
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!letter) {
            if (std::string_view(" \t\r\n$,;.&*~(){}[]\\=_0123456789").find(c) ==
                std::string_view::npos)
                return false;
            ++i;
            continue;
        }
        std::size_t end = i;
        while (end < between.size() && ((between[end] | 32) >= 'a' && (between[end] | 32) <= 'z'))
            ++end;
        const std::string_view word = between.substr(i, end - i);
        if (word.size() > 1 && word != "and" && word != "or" && word != "text" && word != "quad" &&
            word != "qquad" && word != "mbox" && word != "textbf")
            return false;
        i = end;
    }
    return true;
}

/// The last box and those before it that are joined to it, as one list: "\boxed{1} and \boxed{2}"
/// is 1, 2. Nothing if there is no complete box.
inline std::optional<std::string> joined_boxes(std::string_view text) {
    const Boxes boxes = find_boxes(text);
    if (boxes.cut_off || boxes.found.empty()) return std::nullopt;
    std::size_t first = boxes.found.size() - 1;
    while (first > 0 &&
           joins_boxes(text.substr(boxes.found[first - 1].end,
                                   boxes.found[first].begin - boxes.found[first - 1].end)))
        --first;
    std::string all(trimmed(boxes.found[first].content));
    for (std::size_t k = first + 1; k < boxes.found.size(); ++k) {
        const std::string_view content = trimmed(boxes.found[k].content);
        bool again = false;
        for (std::size_t j = first; j < k && k - first < 64; ++j)
            again = again || trimmed(boxes.found[j].content) == content;
        if (!again) (all += ", ") += content;
    }
    return all;
}

/// The boxed answer of a response, trimmed; nothing if there is none after the thinking.
inline std::optional<std::string_view> boxed_answer(std::string_view response) {
    const auto box = last_box(after_thinking(response));
    return box ? std::optional(trimmed(*box)) : std::nullopt;
}

/// All boxed answers of a response that belong together, as one text.
inline std::optional<std::string> boxed_answers(std::string_view response) {
    return joined_boxes(after_thinking(response));
}

/// The answer of a GSM8K solution: the rest of the line after the last "####"; nothing without one.
constexpr std::optional<std::string_view> gsm8k_answer(std::string_view solution) noexcept {
    const auto at = solution.rfind("####");
    if (at == solution.npos) return std::nullopt;
    const std::string_view rest = solution.substr(at + 4);
    return trimmed(rest.substr(0, rest.find('\n')));
}

}  // namespace gppo
