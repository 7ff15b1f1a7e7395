// SPDX-License-Identifier: Apache-2.0
//
// A short mathematical answer, in LaTeX or plain text, as tokens in which notation no longer
// differs: spacing, \left, \dfrac, $, \!, thousands separators and unicode signs are gone. One
// linear pass.
#pragma once

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
        out_.push_back({kind, std::move(value), space_});
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
        constexpr std::array<std::string_view, 7> forms{"{,}", ",\\!", ",", "\\,",
                                                        "\\ ", "\\;",  " "};
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
        if (peek(0) == '.' && (is_digit(peek(1)) || peek(1) == '\\') && peek(1) != '.') {
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

    void command();
    void unicode();
    std::vector<AnswerToken> drop_single_braces();

    std::string_view text_;
    bool thousands_;
    std::size_t at_ = 0;
    std::vector<AnswerToken> out_;
    bool space_ = false, text_next_ = false;
    int braces_ = 0, brackets_ = 0, text_depth_ = 0, arguments_ = 0;
};

inline void AnswerLexer::command() {
    const char next = peek(1);
    if (!is_letter(next)) {  // \, \! \; \: \  are space; \{ \} \% \$ \& are the character
        at_ += next == '\0' ? 1 : 2;
        if (next == '{' || next == '}') {
            brackets_ += next == '{' ? 1 : -1;
            return push(Kind::symbol, next == '{' ? "\\{" : "\\}");
        }
        if (next == '%') return push(Kind::symbol, "%");
        if (next != '!' && next != '$') space_ = true;
        return;
    }
    const auto start = ++at_;
    while (at_ < text_.size() && is_letter(text_[at_])) ++at_;
    std::string_view name = text_.substr(start, at_ - start);
    constexpr std::array<std::string_view, 16> dropped{
        "left",  "right", "big",  "Big",   "bigl",   "bigr",         "Bigl",  "Bigr",
        "boxed", "fbox",  "quad", "qquad", "limits", "displaystyle", "space", "textstyle"};
    constexpr std::array<std::string_view, 10> texts{"text", "textbf",      "textit", "mathrm",
                                                     "mbox", "mathbf",      "textrm", "mathit",
                                                     "rm",   "operatorname"};
    constexpr std::array<std::pair<std::string_view, std::string_view>, 21> symbols{
        {{"cdot", "*"},      {"times", "*"},     {"ast", "*"},    {"div", "/"},
         {"lbrace", "\\{"},  {"rbrace", "\\}"},  {"lparen", "("}, {"rparen", ")"},
         {"lbrack", "["},    {"rbrack", "]"},    {"colon", ":"},  {"leq", "<="},
         {"le", "<="},       {"leqslant", "<="}, {"geq", ">="},   {"ge", ">="},
         {"geqslant", ">="}, {"lt", "<"},        {"gt", ">"},     {"degree", "degree"},
         {"circ", "degree"}}};
    for (const auto drop : dropped)
        if (name == drop) return void(space_ = true);
    for (const auto text : texts)
        if (name == text) return void(text_next_ = true);
    for (const auto& [from, to] : symbols)
        if (name == from) return push(Kind::symbol, std::string(to));
    if (name == "dfrac" || name == "tfrac" || name == "cfrac") name = "frac";
    if (name == "neq") name = "ne";
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
    constexpr std::array<std::pair<std::string_view, std::string_view>, 14> names{
        {{"−", "-"},
         {"–", "-"},
         {"×", "*"},
         {"·", "*"},
         {"÷", "/"},
         {"≤", "<="},
         {"≥", ">="},
         {"°", "degree"},
         {"⁄", "/"},
         {"\xC2\xA0", ""},
         {"\xE2\x80\xAF", ""},
         {"，", ","},
         {"（", "("},
         {"）", ")"}}};
    for (const auto& [from, to] : names)
        if (text_.substr(at_).starts_with(from)) {
            at_ += from.size();
            if (to.empty()) return void(space_ = true);
            return push(Kind::symbol, std::string(to));
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
            kept.erase(kept.end() - 2);
        } else {
            kept.push_back(std::move(token));
        }
    }
    return kept;
}

/// The tokens of an answer.
inline std::vector<AnswerToken> answer_tokens(std::string_view text, bool thousands = true) {
    return AnswerLexer(text, thousands).run();
}

}  // namespace gppo
