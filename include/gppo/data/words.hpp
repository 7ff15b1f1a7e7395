// SPDX-License-Identifier: Apache-2.0
//
// Text as words that can be compared: lower case, one space between them. What a word is decides
// what counts as the same text, and systems differ:
//   spaces   whatever stands between white space, punctuation and all (open-r1, s1): Python's
//            text.lower().split()
//   letters  runs of letters, marks and digits; LaTeX's and other punctuation only separates, so
//            "$x$," is "x" and a change of markup hides nothing
#pragma once

#include <gppo/text/lower_case.hpp>
#include <gppo/text/unicode.hpp>
#include <gppo/text/utf8.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gppo {

enum class WordRule { spaces, letters };

/// Whether Python's str.split() cuts at c.
constexpr bool is_python_space(char32_t c) noexcept {
    return (c >= 0x9 && c <= 0xD) || (c >= 0x1C && c <= 0x20) || c == 0x85 || c == 0xA0 ||
           c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 ||
           c == 0x202F || c == 0x205F || c == 0x3000;
}

/// The words of a text. Keeps its memory from text to text.
class Words {
  public:
    explicit Words(WordRule rule = WordRule::letters) : rule_(rule), ascii_(table(rule)) {}

    /// Replaces the words by those of `text`.
    void read(std::string_view text) {
        text_.clear();
        ends_.clear();
        hashes_.clear();
        text_.reserve(text.size() + 1);
        if (is_ascii(text) && text.find('\0') == text.npos)  // the table's 0 separates
            read_ascii(text);
        else
            read_unicode(text);
    }

    std::size_t size() const noexcept { return ends_.size(); }
    bool empty() const noexcept { return ends_.empty(); }
    /// All words, one space between them.
    std::string_view text() const noexcept { return text_; }
    std::string_view operator[](std::size_t i) const noexcept { return run(i, 1); }
    /// `count` words from word `first`, one space between them.
    std::string_view run(std::size_t first, std::size_t count) const noexcept {
        const std::size_t begin = first == 0 ? 0 : ends_[first - 1] + 1;
        return std::string_view(text_).substr(begin, ends_[first + count - 1] - begin);
    }
    /// 64 mixed bits of each word.
    const std::vector<std::uint64_t>& hashes() const noexcept { return hashes_; }
    WordRule rule() const noexcept { return rule_; }

  private:
    static constexpr std::uint64_t hash_start = 0xCBF29CE484222325u, hash_prime = 0x100000001B3u;

    /// The lower case of an ASCII character of a word; 0 for one that separates.
    static std::array<char, 128> table(WordRule rule) {
        std::array<char, 128> result{};
        for (char32_t c = 0; c < 128; ++c) {
            const bool letter =
                (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
            if (rule == WordRule::letters ? letter : !is_python_space(c))
                result[c] = static_cast<char>(unicode::lower(c));
        }
        return result;
    }

    void end_word(std::uint64_t hash) {
        hash = (hash ^ (hash >> 32)) * 0xD6E8FEB86659FD93u;
        hashes_.push_back(hash ^ (hash >> 32));
        ends_.push_back(text_.size());
    }

    void read_ascii(std::string_view text) {
        std::uint64_t hash = hash_start;
        bool inside = false;
        for (const char raw : text) {
            const char c = ascii_[static_cast<unsigned char>(raw)];
            if (c != 0) {
                if (!inside && !ends_.empty()) text_.push_back(' ');
                inside = true;
                text_.push_back(c);
                hash = (hash ^ static_cast<unsigned char>(c)) * hash_prime;
            } else if (inside) {
                end_word(hash);
                hash = hash_start;
                inside = false;
            }
        }
        if (inside) end_word(hash);
    }

    bool separates(char32_t c) const noexcept {
        if (rule_ == WordRule::spaces) return is_python_space(c);
        return (unicode::class_table()[c] & (unicode::letter | unicode::number | unicode::mark)) ==
               0;
    }

    void read_unicode(std::string_view text) {
        lowered_.clear();
        append_lower(lowered_, text);
        std::uint64_t hash = hash_start;
        bool inside = false;
        for (std::size_t at = 0; at < lowered_.size();) {
            const CodePoint c = decode_utf8(lowered_, at);
            if (!separates(c.value)) {
                if (!inside && !ends_.empty()) text_.push_back(' ');
                inside = true;
                for (std::size_t i = 0; i < c.bytes; ++i)
                    hash = (hash ^ static_cast<unsigned char>(lowered_[at + i])) * hash_prime;
                text_.append(lowered_, at, c.bytes);
            } else if (inside) {
                end_word(hash);
                hash = hash_start;
                inside = false;
            }
            at += c.bytes;
        }
        if (inside) end_word(hash);
    }

    WordRule rule_;
    std::array<char, 128> ascii_;
    std::string text_, lowered_;
    std::vector<std::size_t> ends_;
    std::vector<std::uint64_t> hashes_;
};

}  // namespace gppo
