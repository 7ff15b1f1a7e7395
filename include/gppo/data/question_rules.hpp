// SPDX-License-Identifier: Apache-2.0
//
// Questions that a verifier cannot judge, by rules on their text. Skywork-OR1 (2505.22312) leaves
// out those with external links or images, AceReason-Nemotron (2505.16400) proofs, true-or-false,
// multiple-choice and multi-part questions. The papers publish no patterns; these are ours, and the
// examples in a filter's report show what they catch.
//   link               http://, https://, www.
//   image              ![...](...), <img, \includegraphics, a message part of type image
//   proof              "prove" or "show that" at the start of a sentence
//   true or false      "true or false"; a gold answer that is true, false, yes or no
//   multiple choice    (A) ... (B) ... (C), A. ... B. ... C. at line starts, \textbf{(A)}; a gold
//                      answer that is one of A to E in brackets
//   several parts      (a) ... (b), (i) ... (ii), or 1) ... 2) at the start of sentences, each of
//                      which asks: numbered conditions are no parts
#pragma once

#include <gppo/verify/boxed.hpp>

#include <nlohmann/json.hpp>

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace gppo {

namespace question_rules {

constexpr char lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}
constexpr bool letter_or_digit(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/// The next place of `word` from `from` on, whatever the case, with no letter or digit around it;
/// npos where there is none.
inline std::size_t find_word(std::string_view text, std::string_view word, std::size_t from = 0) {
    for (std::size_t at = from; at + word.size() <= text.size(); ++at) {
        std::size_t same = 0;
        while (same < word.size() && lower(text[at + same]) == word[same]) ++same;
        const std::size_t end = at + word.size();
        if (same == word.size() && (at == 0 || !letter_or_digit(text[at - 1])) &&
            (end == text.size() || !letter_or_digit(text[end])))
            return at;
    }
    return text.npos;
}

/// Whether a sentence or a line starts at `at`.
constexpr bool starts_sentence(std::string_view text, std::size_t at) noexcept {
    while (at > 0 && (text[at - 1] == ' ' || text[at - 1] == '\t')) --at;
    if (at == 0) return true;
    const char before = text[at - 1];
    return before == '\n' || before == '.' || before == '?' || before == '!' || before == ':' ||
           before == ';' || before == ')' || before == ',' || before == '}' || before == '$';
}

/// Whether the marks stand in the text in this order, each with `open` and `close` around it.
inline bool has_marks(std::string_view text, const std::array<std::string_view, 3>& marks,
                      std::string_view open, std::string_view close, bool at_sentence) {
    std::size_t from = 0;
    for (const std::string_view name : marks) {
        const std::string mark = std::string(open) + std::string(name) + std::string(close);
        std::size_t at = text.find(mark, from);
        while (at != text.npos && at_sentence && !starts_sentence(text, at))
            at = text.find(mark, at + 1);
        if (at == text.npos) return false;
        from = at + mark.size();
    }
    return true;
}

/// Whether a part of a question asks for something of its own: conditions are numbered, too.
inline bool asks(std::string_view part) {
    if (part.find('?') != part.npos) return true;
    for (const std::string_view word :
         {"find", "determine", "compute", "calculate", "evaluate", "solve", "what", "how", "which",
          "show", "prove", "give", "write", "express", "explain", "sketch"})
        if (find_word(trimmed(part).substr(0, word.size() + 1), word) == 0) return true;
    return false;
}

/// Whether two parts, marked so at the start of sentences, each ask for something.
inline bool has_parts(std::string_view text, std::string_view first, std::string_view second) {
    for (auto at = text.find(first); at != text.npos; at = text.find(first, at + 1)) {
        if (!starts_sentence(text, at)) continue;
        const auto next = text.find(second, at);
        if (next == text.npos) return false;
        if (!starts_sentence(text, next)) continue;
        const std::size_t begin = at + first.size(), after = next + second.size();
        if (asks(text.substr(begin, next - begin)) && asks(text.substr(after))) return true;
    }
    return false;
}

inline bool at_line_starts(std::string_view text, const std::array<std::string_view, 3>& marks,
                           std::string_view close) {
    std::size_t from = 0;
    for (const std::string_view mark : marks) {
        const std::string start = "\n" + std::string(mark) + std::string(close);
        const std::size_t at = text.find(start, from);
        if (at == text.npos) return false;
        from = at + start.size();
    }
    return true;
}

}  // namespace question_rules

/// "link", "image", or "" for text that has neither.
inline std::string_view outside_material(std::string_view text) {
    for (const std::string_view mark : {"http://", "https://", "www."})
        if (text.find(mark) != text.npos) return "link";
    for (const std::string_view mark : {"<img", "\\includegraphics"})
        if (text.find(mark) != text.npos) return "image";
    for (auto at = text.find("!["); at != text.npos; at = text.find("![", at + 1)) {
        const auto close = text.find(']', at);
        if (close != text.npos && close + 1 < text.size() && text[close + 1] == '(') return "image";
    }
    return "";
}

/// Whether a message has a part that is no text.
inline bool has_image_part(const nlohmann::json& messages) {
    if (!messages.is_array()) return false;
    for (const nlohmann::json& message : messages) {
        if (!message.is_object() || !message.contains("content")) continue;
        const nlohmann::json& content = message["content"];
        if (!content.is_array()) continue;
        for (const nlohmann::json& part : content)
            if (part.is_object() && part.contains("type") && part["type"].is_string() &&
                part["type"] != "text")
                return true;
    }
    return false;
}

/// Why the question cannot be judged by its answer; "" where no rule says so.
inline std::string_view unfit_question(std::string_view text, std::string_view gold = {}) {
    using namespace question_rules;
    for (const std::string_view word : {"prove", "show that"})
        for (auto at = find_word(text, word); at != text.npos; at = find_word(text, word, at + 1))
            if (starts_sentence(text, at)) return "proof";
    const std::string_view answer = trimmed(gold);
    std::string small;
    for (const char c : answer) small += lower(c);
    if (find_word(text, "true or false") != text.npos || small == "true" || small == "false" ||
        small == "yes" || small == "no")
        return "true or false";
    const std::array<std::string_view, 3> choices{"A", "B", "C"};
    const bool letter = answer.size() == 3 && answer.front() == '(' && answer.back() == ')' &&
                        answer[1] >= 'A' && answer[1] <= 'E';
    if (letter || has_marks(text, choices, "(", ")", true) || at_line_starts(text, choices, ". ") ||
        at_line_starts(text, choices, ") ") || has_marks(text, choices, "\\textbf{(", ")", false))
        return "multiple choice";
    if (has_parts(text, "(a)", "(b)") || has_parts(text, "(i)", "(ii)") ||
        has_parts(text, "1) ", "2) "))
        return "several parts";
    return "";
}

}  // namespace gppo
