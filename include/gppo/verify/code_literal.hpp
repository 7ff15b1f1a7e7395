// SPDX-License-Identifier: Apache-2.0
//
// Reads literals of Python into tagged values, so that the answers an assert expects never have to
// enter a process with the program. What is not a literal is refused, never guessed.
#pragma once

#include <gppo/verify/code_value.hpp>

#include <cctype>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace gppo {

/// Reads from the front of a text. After a failure `good` is false and the place means nothing.
class LiteralReader {
  public:
    explicit LiteralReader(std::string_view text) : text_(text) {}

    bool good = true;

    char peek() const noexcept { return at_ < text_.size() ? text_[at_] : '\0'; }
    bool at_end() const noexcept { return at_ >= text_.size(); }
    std::size_t position() const noexcept { return at_; }

    /// Skips blanks and comments; line ends too inside brackets, or if `lines`.
    void skip(bool lines = false) noexcept {
        while (at_ < text_.size()) {
            if (text_[at_] == '#') {
                while (at_ < text_.size() && text_[at_] != '\n') ++at_;
            } else if (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\r' ||
                       (text_[at_] == '\n' && (lines || depth_ > 0))) {
                ++at_;
            } else {
                break;
            }
        }
    }
    bool take(std::string_view token) {
        skip();
        if (text_.substr(at_, token.size()) != token) return false;
        at_ += token.size();
        return true;
    }
    void need(std::string_view token) { good = take(token) && good; }

    std::string name() {
        skip();
        const std::size_t begin = at_;
        const auto letter = [&](char c) {
            return std::isalnum(static_cast<unsigned char>(c)) || c == '_';
        };
        if (std::isdigit(static_cast<unsigned char>(peek()))) return {};
        while (at_ < text_.size() && letter(text_[at_])) ++at_;
        return std::string(text_.substr(begin, at_ - begin));
    }

    /// A bracket that is open lets lines end inside it.
    void open(std::string_view bracket) {
        need(bracket);
        ++depth_;
    }
    void close(std::string_view bracket) {
        need(bracket);
        --depth_;
    }

    Json value() {
        skip();
        if (!good || ++nesting_ > 100) return fail();
        const char c = peek();
        Json result;
        if (c == '[') {
            result = list();
        } else if (c == '(') {
            result = tuple();
        } else if (c == '{') {
            result = dictionary_or_set();
        } else if (c == '\'' || c == '"') {
            result = strings();
        } else if (c == '-' || c == '+' || c == '.' ||
                   std::isdigit(static_cast<unsigned char>(c))) {
            result = number();
        } else {
            result = word();
        }
        --nesting_;
        return result;
    }

  private:
    Json fail() {
        good = false;
        return nullptr;
    }

    /// Items up to the bracket that closes; `comma` says whether one stood behind an item.
    Json items(std::string_view end, bool& comma) {
        Json all = Json::array();
        comma = false;
        for (skip(); good && text_.substr(at_, 1) != end; skip()) {
            if (!all.empty() && !comma) return fail();
            all.push_back(value());
            comma = take(",");
        }
        close(end);
        return all;
    }

    Json list() {
        bool comma = false;
        open("[");
        return items("]", comma);
    }
    Json tuple() {
        bool comma = false;
        open("(");
        Json all = items(")", comma);
        if (good && all.size() == 1 && !comma) return all[0];
        return {{"t", all}};
    }

    Json dictionary_or_set() {
        Json entries = Json::array();
        bool set = false;
        open("{");
        for (skip(); good && peek() != '}'; skip()) {
            Json key = value();
            const bool pair = take(":");
            if (!entries.empty() && pair == set) return fail();
            set = !pair;
            entries.push_back(set ? key : Json::array({key, value()}));
            for (std::size_t i = 0; i + 1 < entries.size(); ++i)  // twice the same: Python decides
                if (same_value(set ? entries[i] : entries[i][0], key)) return fail();
            if (entries.size() > 2000) return fail();
            skip();
            if (!take(",") && peek() != '}') return fail();
        }
        close("}");
        return {{set ? "s" : "d", entries}};
    }

    Json word() {
        const std::string what = name();
        if (what == "None") return nullptr;
        if (what == "True") return true;
        if (what == "False") return false;
        if ((what == "list_node" || what == "tree_node") && take("(")) {
            ++depth_;
            Json values = value();
            close(")");
            if (!good || !values.is_array()) return fail();
            while (what == "tree_node" && !values.empty() && values.back().is_null())
                values.erase(values.size() - 1);
            if (values.empty() || values[0].is_null()) return nullptr;
            return {{what == "list_node" ? "l" : "n", values}};
        }
        return fail();
    }

    Json number() {
        bool minus = false;
        while (peek() == '-' || peek() == '+') {
            minus = minus != (peek() == '-');
            ++at_;
            skip();
        }
        std::string digits;
        bool real = false;
        for (; at_ < text_.size(); ++at_) {
            const char c = text_[at_];
            if (c == '_') continue;
            const bool sign =
                (c == '+' || c == '-') && (digits.ends_with('e') || digits.ends_with('E'));
            if (!std::isdigit(static_cast<unsigned char>(c)) && c != '.' && c != 'e' && c != 'E' &&
                !sign)
                break;
            real = real || c == '.' || c == 'e' || c == 'E';
            digits += c;
        }
        if (digits.empty() || std::isalnum(static_cast<unsigned char>(peek()))) return fail();
        if (real) {
            double value = 0;
            const auto [end, code] =
                std::from_chars(digits.data(), digits.data() + digits.size(), value);
            if (code != std::errc() || end != digits.data() + digits.size()) return fail();
            return minus ? -value : value;
        }
        if (digits.size() > 1 && digits[0] == '0' && digits.find_first_not_of('0') != digits.npos)
            return fail();
        if (digits.size() > 18) return {{"i", (minus ? "-" : "") + digits}};
        const std::int64_t value = std::stoll(digits);
        return minus ? -value : value;
    }

    Json strings() {
        std::string all;
        while (good && (peek() == '\'' || peek() == '"')) {
            one_string(all);
            skip();
        }
        return all;
    }

    void one_string(std::string& out) {
        const std::string_view triple = text_.substr(at_, 3);
        const bool long_one = triple == "'''" || triple == "\"\"\"";
        const std::string_view quote = text_.substr(at_, long_one ? 3 : 1);
        at_ += quote.size();
        while (good) {
            if (at_ >= text_.size() || (peek() == '\n' && !long_one)) {
                good = false;
            } else if (text_.substr(at_, quote.size()) == quote) {
                at_ += quote.size();
                return;
            } else if (peek() == '\\') {
                escape(out);
            } else {
                out += text_[at_++];
            }
        }
    }

    void escape(std::string& out) {
        constexpr std::string_view letters = "abfnrtv\\'\"", meanings = "\a\b\f\n\r\t\v\\'\"";
        ++at_;
        const char c = peek();
        ++at_;
        if (const auto i = letters.find(c); i != letters.npos) {
            out += meanings[i];
        } else if (c == 'x' || c == 'u' || c == 'U') {
            const std::size_t length = c == 'x' ? 2 : c == 'u' ? 4 : 8;
            const std::string_view hex = text_.substr(at_, length);
            std::uint32_t point = 0;
            const auto [end, code] =
                std::from_chars(hex.data(), hex.data() + hex.size(), point, 16);
            good = good && hex.size() == length && code == std::errc() &&
                   end == hex.data() + hex.size() && point < 0x110000 &&
                   (point < 0xD800 || point > 0xDFFF);
            at_ += length;
            if (good) append_utf8(out, point);
        } else if (c != '\n') {
            good = false;  // octal, names, and what Python warns of
        }
    }

    static void append_utf8(std::string& out, std::uint32_t point) {
        const auto byte = [&](std::uint32_t b) { out += static_cast<char>(b); };
        if (point < 0x80) return byte(point);
        if (point < 0x800) {
            byte(0xC0 | point >> 6);
        } else {
            if (point < 0x10000) {
                byte(0xE0 | point >> 12);
            } else {
                byte(0xF0 | point >> 18);
                byte(0x80 | (point >> 12 & 0x3F));
            }
            byte(0x80 | (point >> 6 & 0x3F));
        }
        byte(0x80 | (point & 0x3F));
    }

    std::string_view text_;
    std::size_t at_ = 0;
    int depth_ = 0, nesting_ = 0;
};

/// The literal that is all of `text`; nothing if it is none.
inline std::optional<Json> python_literal(std::string_view text) {
    LiteralReader reader(text);
    Json value = reader.value();
    reader.skip(true);
    if (!reader.good || !reader.at_end()) return std::nullopt;
    return value;
}

}  // namespace gppo
