// SPDX-License-Identifier: Apache-2.0
//
// The part of AnswerParser between its lists and its atoms: words, sums, products, powers. One
// level of depth is one bracket, argument or exponent; sums and products are loops.
#pragma once

#include <gppo/verify/answer_parser.hpp>

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gppo {

/// A part that is words: "even", "two lines", "CBAD", "October 30". A short word in lower case may
/// also be a product of variables, which it then has as its child.
inline std::optional<NodeIndex> AnswerParser::words() {
    if (!peek() || letter_ != 0 || !peek()->is_letters() || is_maths_word(peek()->value))
        return std::nullopt;
    const std::size_t end = part_end(at_, tokens_.size());
    bool letters_only = true, long_word = false;
    for (std::size_t i = at_; i < end; ++i) {
        const AnswerToken& t = tokens_[i];
        letters_only = letters_only && t.is_letters() && !is_maths_word(t.value);
        long_word = long_word || (t.is_letters() && (t.value.size() > 2 ||
                                                     (t.kind == Kind::text && t.value.size() > 1) ||
                                                     (t.value.size() > 1 && t.value[0] < 'a')));
    }
    const bool starts_text = peek()->kind == Kind::text && peek()->value.size() > 1;
    const bool phrase = letters_only && end - at_ > 1 && long_word;
    if (!starts_text && !(letters_only && (long_word || peek()->value.size() > 1)) && !phrase)
        return std::nullopt;
    std::string folded;
    for (std::size_t i = at_; i < end; ++i) {
        for (const char c : tokens_[i].value)
            folded += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
        folded += ' ';
    }
    const std::string& word = peek()->value;
    const bool product_too = end - at_ == 1 && word.size() <= 4 && peek()->kind == Kind::word;
    const Maybe child = product_too ? product() : std::nullopt;
    at_ = end, letter_ = 0;
    return child ? tree_.add_named(Op::text, folded, {*child}) : tree_.add_named(Op::text, folded);
}

inline std::optional<NodeIndex> AnswerParser::sum() {
    if (++depth_ > meter_.budget().depth) return meter_.give_up(), std::nullopt;
    std::vector<NodeIndex> terms;
    for (;;) {
        Op sign = Op::add;
        int signs = 0, minuses = 0;
        for (;; ++signs) {
            if (accept("-"))
                ++minuses;
            else if (accept("+-"))
                sign = Op::plus_minus;
            else if (accept("-+"))
                sign = Op::minus_plus;
            else if (!accept("+"))
                break;
        }
        if (signs == 0 && !terms.empty()) break;
        if (signs > 2 || (minuses > 1 && terms.empty())) return std::nullopt;  // "--5"
        Maybe term = product();
        if (!term || tree_.overflowed()) return std::nullopt;
        if (sign != Op::add) term = tree_.add(sign, {*term});
        terms.push_back(minuses % 2 == 1 ? tree_.negated(*term) : *term);
    }
    --depth_;
    return terms.size() == 1 ? terms[0] : tree_.add(Op::add, terms);
}

/// Whether the next token continues a product without a sign.
inline bool AnswerParser::starts_factor() const {
    const AnswerToken* t = peek();
    if (!t) return false;
    if (letter_ > 0) return true;
    switch (t->kind) {
        case Kind::number:
            return at_ > 0 && tokens_[at_ - 1].kind != Kind::number;
        case Kind::text:
            if (t->value.size() > 1 && !contains_name(function_names, t->value)) return false;
            [[fallthrough]];
        case Kind::word:
            if (is_half_of_day(*t)) return false;
            return t->value != "and" && t->value != "or" && t->value != "U" && t->value != "mod" &&
                   t->value != "to" && t->value != "percent" && t->value != "pct" &&
                   t->value != "percentage" && number_word(*t) == 0 && !unit_ahead();
        case Kind::command:
            return t->value != "end" && t->value != "choose" && t->value != "over" &&
                   t->value != "bmod" && t->value != "pmod" && t->value != "mod";
        case Kind::symbol:
            return t->value == "(" || t->value == "{" || t->value == "[" || t->value == "inf" ||
                   (t->value == "|" && bars_ == 0) || t->value == "lfloor" || t->value == "lceil";
    }
    return false;
}

inline std::optional<NodeIndex> AnswerParser::product() {
    Maybe first = factor();
    if (!first) return first;
    std::vector<NodeIndex> factors{*first};
    for (;;) {
        const bool mod = next_is_letters("mod") || (peek() && peek()->is_command("bmod"));
        const bool residue = peek() && (peek()->is_command("pmod") || peek()->is_command("mod"));
        const bool divide = next_is("/");
        // "60 km/h" stops before the unit, "3/m" does not.
        if (!divide && !next_is("*") && !mod && !residue && !starts_factor()) break;
        if (divide || next_is("*") || mod || residue) ++at_;
        const Maybe next = residue ? argument() : factor();
        if (!next || tree_.overflowed()) return std::nullopt;
        if (mod || residue) {
            const NodeIndex left =
                factors.size() == 1 ? factors[0] : tree_.add(Op::multiply, factors);
            factors.assign(1, tree_.add_named(Op::call, mod ? "mod" : "residue", {left, *next}));
        } else {
            factors.push_back(divide ? tree_.add(Op::inverse, {*next}) : *next);
        }
    }
    return factors.size() == 1 ? factors[0] : tree_.add(Op::multiply, factors);
}

/// A factor may have a sign of its own: 3/-4, 2 * -x.
inline std::optional<NodeIndex> AnswerParser::factor() {
    const bool negative = accept("-");
    if (!negative) accept("+");
    const Maybe value = power();
    return value && negative ? tree_.negated(*value) : value;
}

inline std::optional<NodeIndex> AnswerParser::power() {
    Maybe base = atom();
    if (base) base = postfix(*base);
    if (!base || !next_is("^")) return base;
    const std::string_view above = peek(1) ? std::string_view(peek(1)->value) : std::string_view();
    if (above == "th" || above == "st" || above == "nd" || above == "rd") return base;  // 17^{th}
    ++at_;
    const Maybe raised = exponent();
    if (!raised) return raised;
    return postfix(tree_.add(Op::power, {*base, *raised}));
}

/// What stands behind ^: one atom, which may have a sign and an exponent of its own.
inline std::optional<NodeIndex> AnswerParser::exponent() {
    if (++depth_ > meter_.budget().depth) return meter_.give_up(), std::nullopt;
    const bool negative = accept("-");
    Maybe value;
    if (peek() && peek()->kind == Kind::word && letter_ == 0 && peek()->grouped &&
        !is_maths_word(peek()->value)) {
        value = all_letters();  // x^{ab}
    } else {
        value = power();
    }
    --depth_;
    return value && negative ? Maybe(tree_.negated(*value)) : value;
}

/// Factorials, percent and degrees behind an atom.
inline std::optional<NodeIndex> AnswerParser::postfix(NodeIndex base) {
    for (;;) {
        const bool raised = next_is("^") && peek(1) && peek(1)->value == "degree";
        if (accept("!")) {
            base = accept("!") ? tree_.add_named(Op::call, "double factorial", {base})
                               : tree_.add(Op::factorial, {base});
        } else if (accept("%")) {
            base = tree_.add(Op::percent, {base});
        } else if (raised || next_is("degree")) {
            at_ += raised ? 2 : 1;
            const bool scale = peek() && peek()->is_letters() && letter_ == 0 &&
                               (peek()->value == "C" || peek()->value == "F");
            if (scale)
                base = tree_.add_named(
                    Op::quantity, tokens_[at_++].value == "C" ? "degree c" : "degree f", {base});
            else
                base = tree_.add(Op::degrees, {base});
        } else {
            return base;
        }
        if (tree_.overflowed()) return meter_.give_up(), std::nullopt;
    }
}

}  // namespace gppo
