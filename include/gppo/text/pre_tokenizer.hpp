// SPDX-License-Identifier: Apache-2.0
//
// Splits text into the words that BPE works on. tokenizer.json carries a regex for this; the ones
// in use differ in two switches only, so they are recognised as they stand and matched by hand:
//   (?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}|
//   ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+
#pragma once

#include <gppo/core/error.hpp>
#include <gppo/text/json_quoted.hpp>
#include <gppo/text/unicode.hpp>
#include <gppo/text/utf8.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace gppo {

/// Qwen2, Qwen2.5 and Qwen3.
inline constexpr std::string_view qwen2_pattern =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
/// Qwen3.5: marks belong to words.
inline constexpr std::string_view qwen35_pattern =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
/// Llama 3: up to three digits together.
inline constexpr std::string_view llama3_pattern =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";

/// One of the patterns above, or none: then the text is one word.
class PreTokenizer {
    using Classes = const std::uint8_t*;

  public:
    PreTokenizer() = default;

    /// `where` names the file for the Error about a pattern that is none of these.
    explicit PreTokenizer(std::string_view pattern, const std::string& where = "tokenizer.json")
        : splits_(!pattern.empty()),
          digits_(pattern == llama3_pattern ? 3 : 1),
          word_(pattern == qwen35_pattern ? unicode::letter | unicode::mark : unicode::letter) {
        expects(!splits_ || pattern == qwen2_pattern || pattern == qwen35_pattern ||
                    pattern == llama3_pattern,
                [&] {
                    return where + ": pre_tokenizer pattern " + json_quoted(pattern) +
                           " is unknown; the patterns of Qwen2, Qwen3, Qwen3.5 and Llama 3 are "
                           "supported";
                });
    }

    /// Calls word(piece) for each word of `text` (well-formed UTF-8), in order; together they are
    /// the text.
    template <class Word>
    void split(std::string_view text, Word word) const {
        const Classes classes = unicode::class_table();
        for (std::size_t at = 0; at < text.size();) {
            const std::size_t end = splits_ ? match(classes, text, at) : text.size();
            word(text.substr(at, end - at));
            at = end;
        }
    }

  private:
    /// A character's class and the byte after it.
    struct Next {
        unsigned char_class;
        std::size_t end;
        char first;
        bool newline() const noexcept { return first == '\n' || first == '\r'; }
        bool is(unsigned classes) const noexcept { return (char_class & classes) != 0; }
    };

    static Next next(Classes classes, std::string_view text, std::size_t at) noexcept {
        const auto byte = static_cast<unsigned char>(text[at]);
        if (byte < 0x80) return {classes[byte], at + 1, text[at]};
        const CodePoint c = decode_utf8(text, at);
        return {classes[c.value], at + c.bytes, text[at]};
    }

    /// Passes over the characters for which `take` holds.
    template <class Take>
    static std::size_t skip(Classes classes, std::string_view text, std::size_t at, Take take) {
        while (at < text.size()) {
            const Next n = next(classes, text, at);
            if (!take(n)) break;
            at = n.end;
        }
        return at;
    }

    /// The end of the match at `at`: the alternatives of the regex, in its order.
    std::size_t match(Classes classes, std::string_view text, std::size_t at) const {
        const Next head = next(classes, text, at);
        if (head.first == '\'')
            if (const std::size_t length = contraction(text.substr(at + 1)); length > 0)
                return at + 1 + length;
        const auto in_word = [&](const Next& n) { return n.is(word_); };
        if (head.is(unicode::letter)) return skip(classes, text, head.end, in_word);
        if (!head.newline() && !head.is(unicode::number)) {
            const std::size_t end = skip(classes, text, head.end, in_word);
            if (end > head.end || head.is(word_)) return end;
        }
        if (head.is(unicode::number)) return digits(classes, text, head.end);
        const auto is_other = [&](const Next& n) {
            return !n.is(unicode::space | unicode::number | word_);
        };
        const std::size_t body = head.first == ' ' ? head.end : at;
        if (const std::size_t end = skip(classes, text, body, is_other); end > body)
            return skip(classes, text, end, [](const Next& n) { return n.newline(); });
        return spaces(classes, text, at);
    }

    /// \p{N}{1,digits_}, one of them before `at`.
    std::size_t digits(Classes classes, std::string_view text, std::size_t at) const {
        int count = 1;
        return skip(classes, text, at,
                    [&](const Next& n) { return count++ < digits_ && n.is(unicode::number); });
    }

    /// \s*[\r\n]+|\s+(?!\S)|\s+ : to the last line break of the run of white space; without one,
    /// the run, less its last character when a word follows.
    static std::size_t spaces(Classes classes, std::string_view text, std::size_t at) {
        std::size_t end = at, last = at, after_newline = 0;
        while (end < text.size()) {
            const Next n = next(classes, text, end);
            if (!n.is(unicode::space)) break;
            last = end;
            end = n.end;
            if (n.newline()) after_newline = end;
        }
        if (after_newline > 0) return after_newline;
        return end == text.size() || last == at ? end : last;
    }

    /// Length of s, t, re, ve, m, ll or d at the front in either case, or 0. ſ (U+017F) is an s
    /// when case does not matter.
    static std::size_t contraction(std::string_view rest) noexcept {
        const auto lower = [&](std::size_t i) {
            return i < rest.size() ? static_cast<char>(rest[i] | 0x20) : '\0';
        };
        if (rest.starts_with("\xC5\xBF")) return 2;
        const char a = lower(0), b = lower(1);
        if (a == 's' || a == 't' || a == 'm' || a == 'd') return 1;
        return (a == 'r' && b == 'e') || (a == 'v' && b == 'e') || (a == 'l' && b == 'l') ? 2 : 0;
    }

    bool splits_ = false;
    int digits_ = 1;
    unsigned word_ = unicode::letter;
};

}  // namespace gppo
