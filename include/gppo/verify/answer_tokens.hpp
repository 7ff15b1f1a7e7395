// SPDX-License-Identifier: Apache-2.0
//
// A short mathematical answer, in LaTeX or plain text, as tokens in which notation no longer
// differs: spacing, \left, \dfrac, $, \!, thousands separators and unicode signs are gone. One
// linear pass.
#pragma once

#include <gppo/verify/answer_symbols.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gppo {

/// number: digits with at most one point and possibly an exponent ("12", ".5", "1e3").
/// word: letters. text: letters from inside \text{…}. command: "\frac", without the backslash.
/// symbol: anything else, one byte, or one of the names that `symbol_names` maps to.
struct AnswerToken {
    enum class Kind { number, word, text, command, symbol };
    Kind kind;
    std::string value;
    bool space_before = false;
    bool grouped = false;  ///< stood alone in braces: x^{ab}, which is not x^ab

    bool is(char c) const { return kind == Kind::symbol && value.size() == 1 && value[0] == c; }
    bool is_command(std::string_view name) const { return kind == Kind::command && value == name; }
    bool is_letters() const { return kind == Kind::word || kind == Kind::text; }
    /// Spacing does not matter, and \text{Eve} is Eve.
    friend bool operator==(const AnswerToken& a, const AnswerToken& b) {
        return a.value == b.value && (a.kind == b.kind || (a.is_letters() && b.is_letters()));
    }
};
using AnswerTokens = std::span<const AnswerToken>;

constexpr bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}
constexpr bool is_letter(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// The lexer. `thousands`: whether 1,000 outside brackets is one number (or the list 1, 0).
class AnswerLexer {
  public:
    AnswerLexer(std::string_view text, bool thousands) : text_(text), thousands_(thousands) {}

    std::vector<AnswerToken> run() {
        while (at_ < text_.size()) step();
        while (!out_.empty() && (out_.back().is('.') || out_.back().is(',') || out_.back().is(';')))
            out_.pop_back();
        return drop_single_braces();
    }

  private:
    using Kind = AnswerToken::Kind;

    void push(Kind kind, std::string value) {
        out_.push_back({kind, std::move(value), space_, false});
        space_ = false;
    }
    char peek(std::size_t ahead) const {
        return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
    }

    void step() {
        const char c = text_[at_];
        if (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '~') {
            space_ = true;
            ++at_;
        } else if (c == '$') {
            ++at_;
            space_ = true;
        } else if (is_digit(c) || (c == '.' && is_digit(peek(1)))) {
            number();
        } else if (is_letter(c)) {
            const auto start = at_;
            while (at_ < text_.size() && is_letter(text_[at_])) ++at_;
            push(text_depth_ > 0 ? Kind::text : Kind::word,
                 std::string(text_.substr(start, at_ - start)));
        } else if (c == '\\') {
            command();
        } else if (static_cast<unsigned char>(c) >= 0x80) {
            unicode();
        } else {
            symbol(c);
        }
    }

    void symbol(char c) {
        constexpr std::array<SymbolName, 8> pairs{{{"<=", "<="},
                                                   {">=", ">="},
                                                   {"!=", "!="},
                                                   {"==", "="},
                                                   {"**", "^"},
                                                   {"=<", "<="},
                                                   {"+-", "+-"},
                                                   {"+/-", "+-"}}};
        if (text_.substr(at_).starts_with("...")) return at_ += 3, push(Kind::symbol, "...");
        if (const SymbolName* pair = find_prefix(pairs, text_.substr(at_)))
            if (pair->second != "+-" || pair->first.size() == 3)
                return at_ += pair->first.size(), push(Kind::symbol, std::string(pair->second));
        ++at_;
        braces_ += c == '{';
        const bool opens_text = c == '{' && std::exchange(text_next_, false);
        const bool closes_text = c == '}' && text_depth_ != 0 && text_depth_ == braces_;
        if (opens_text) text_depth_ = braces_;
        if (closes_text) text_depth_ = 0;
        braces_ -= c == '}';
        if (opens_text || closes_text) return void(space_ = true);
        brackets_ += (c == '(' || c == '[') - (c == ')' || c == ']');
        push(Kind::symbol, std::string(1, c));
    }

    /// Digits at `from`, as many as there are.
    std::size_t digits(std::size_t from) const {
        std::size_t n = 0;
        while (from + n < text_.size() && is_digit(text_[from + n])) ++n;
        return n;
    }
    /// Length of a thousands separator at `from` that three digits (and no fourth) follow, or 0.
    std::size_t separator(std::size_t from) const {
        constexpr std::array<std::string_view, 8> forms{"{,}", ",\\! ", ",\\!", ",",
                                                        "\\,", "\\ ",   "\\;",  " "};
        for (const std::string_view form : forms) {
            if (!text_.substr(from).starts_with(form)) continue;
            const bool comma = form.find(',') != form.npos && form != "\\,";
            if (form == "," && (!thousands_ || brackets_ > 0)) return 0;
            if (!comma && brackets_ > 0) return 0;
            return digits(from + form.size()) == 3 ? form.size() : 0;
        }
        return 0;
    }

    void number() {
        std::string value;
        // \frac12 and \sqrt3 take one digit each, as TeX reads them.
        if (arguments_ > 0) {
            --arguments_;
            return push(Kind::number, std::string(1, text_[at_++]));
        }
        std::size_t n = digits(at_);
        value.assign(text_, at_, n);
        at_ += n;
        if (n >= 1 && n <= 3 && value[0] != '0')
            while (const std::size_t gap = separator(at_)) {
                value.append(text_, at_ + gap, 3);
                at_ += gap + 3;
            }
        if (peek(0) == '.' && (is_digit(peek(1)) || peek(1) == '\\' || peek(1) == '(')) {
            n = 1 + digits(at_ + 1);
            value.append(text_, at_, n);
            at_ += n;
        }
        const bool e = peek(0) == 'e' || peek(0) == 'E';
        const std::size_t sign = peek(1) == '-' || peek(1) == '+';
        if (e && is_digit(peek(1 + sign))) {
            n = 1 + sign + digits(at_ + 1 + sign);
            value.append(text_, at_, n);
            at_ += n;
        }
        push(Kind::number, value);
    }

    void escaped(char next);
    void command();
    void unicode();
    std::vector<AnswerToken> drop_single_braces();

    std::string_view text_;
    bool thousands_;
    std::size_t at_ = 0;
    std::vector<AnswerToken> out_;
    bool space_ = false, text_next_ = false;
    int braces_ = 0, brackets_ = 0, text_depth_ = 0, arguments_ = 0, rows_ = 0;
};

inline void AnswerLexer::escaped(char next) {
    at_ += next == '\0' ? 1 : 2;
    switch (next) {
        case '{':
        case '}':
            brackets_ += next == '{' ? 1 : -1;
            return push(Kind::symbol, next == '{' ? "\\{" : "\\}");
        case '%':
            return push(Kind::symbol, "%");
        case '$':
            return push(Kind::symbol, "dollar");
        case '|':
            return push(Kind::symbol, "|");
        case '\\':
            if (rows_ > 0) return push(Kind::symbol, "\\\\");
            if (is_letter(peek(0)) && is_letter(peek(1)))
                --at_;  // \\\\frac, escaped once too often
            break;
        case '!':
            return;
        default:
            break;
    }
    space_ = true;  // \, \; \: \( \[ and the like are space
}

inline void AnswerLexer::command() {
    const char next = peek(1);
    if (!is_letter(next)) return escaped(next);
    const auto start = ++at_;
    while (at_ < text_.size() && is_letter(text_[at_])) ++at_;
    std::string_view name = text_.substr(start, at_ - start);
    if (name.size() > 4 && name.starts_with("quad")) {  // \\quadx: the x is not part of it
        name = name.substr(0, 4);
        at_ = start + 4;
    }
    if (contains_name(ignored_commands, name)) {
        if ((name == "left" || name == "right") && peek(0) == '.') ++at_;
        return void(space_ = true);
    }
    if (contains_name(skipped_commands, name)) {
        if (peek(0) == '{') at_ = std::min(text_.find('}', at_), text_.size() - 1) + 1;
        return void(space_ = true);
    }
    if (contains_name(text_commands, name)) return void(text_next_ = true);
    if (const SymbolName* found = find_symbol(command_symbols, name))
        return push(Kind::symbol, std::string(found->second));
    if (name == "dfrac" || name == "tfrac" || name == "cfrac") name = "frac";
    if (name == "dbinom" || name == "tbinom") name = "binom";
    rows_ += name == "begin" ? 1 : name == "end" ? -1 : 0;
    const bool fraction = name == "frac" || name == "binom";
    const auto brace = text_.find_first_not_of(' ', at_);
    push(Kind::command, std::string(name));
    // Single digits as arguments: \frac12, \frac1{2}, \sqrt3.
    arguments_ = 0;
    if (brace != text_.npos && is_digit(text_[brace]))
        arguments_ = fraction && brace + 1 < text_.size() && is_digit(text_[brace + 1]) ? 2
                     : fraction || name == "sqrt"                                       ? 1
                                                                                        : 0;
}

inline void AnswerLexer::unicode() {
    const std::string_view rest = text_.substr(at_);
    for (const std::string_view blank :
         {"\xC2\xA0", "\xE2\x80\xAF", "\xE2\x80\x89", "\xE3\x80\x82"})
        if (rest.starts_with(blank)) {
            at_ += blank.size();
            return void(space_ = true);
        }
    if (const SymbolName* found = find_prefix(unicode_symbols, rest)) {
        at_ += found->first.size();
        return push(Kind::symbol, std::string(found->second));
    }
    if (const SymbolName* found = find_prefix(unicode_commands, rest)) {
        at_ += found->first.size();
        return push(Kind::command, std::string(found->second));
    }
    push(Kind::symbol, std::string(1, text_[at_++]));  // other bytes stand for themselves
}

/// {5} is 5 wherever it stands, so that x^{2} is x^2 and \frac{1}{2} is \frac12. Linear: the second
/// pass is over tokens whose single-token groups are already gone.
inline std::vector<AnswerToken> AnswerLexer::drop_single_braces() {
    std::vector<AnswerToken> kept;
    for (AnswerToken& token : out_) {
        const std::size_t n = kept.size();
        if (token.is('}') && n >= 2 && kept[n - 2].is('{') && !kept[n - 1].is('{')) {
            kept[n - 1].space_before = kept[n - 1].space_before || kept[n - 2].space_before;
            kept[n - 1].grouped = true;
            kept.erase(kept.end() - 2);
        } else {
            kept.push_back(std::move(token));
        }
    }
    return kept;
}

/// The tokens of an answer.
inline std::vector<AnswerToken> answer_tokens(std::string_view text, bool thousands = true) {
    const std::string plain = plain_text(text);
    return AnswerLexer(plain, thousands).run();
}

}  // namespace gppo
