// SPDX-License-Identifier: Apache-2.0
//
// Tokens of an answer to an expression tree: lists, relations, unions, units. Arithmetic is in
// arithmetic_grammar.hpp, what stands between the operators in atom_grammar.hpp. Recursion is
// bounded by the depth of brackets, and no token is read twice at the same level.
#pragma once

#include <gppo/verify/answer_tokens.hpp>
#include <gppo/verify/expression.hpp>
#include <gppo/verify/unit.hpp>

#include <cctype>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gppo {

/// Where notation is ambiguous, which of the meanings is tried.
struct Reading {
    bool thousands = true;       ///< 1,000 outside brackets is a thousand
    bool letter_units = false;   ///< the m of "5 m" is metres, not a variable
    bool decimal_comma = false;  ///< 2,74 is 2.74
};

/// Reads one answer. An object serves one answer; the tree may hold others.
class AnswerParser {
  public:
    AnswerParser(AnswerTokens tokens, Expression& tree, Meter& meter, const Reading& reading = {})
        : tokens_(tokens), tree_(tree), meter_(meter), reading_(reading) {}

    /// The tree of all tokens, or nothing if they cannot be read.
    std::optional<NodeIndex> answer() {
        const Maybe result = parts();
        if (!result || at_ != tokens_.size() || tree_.overflowed()) return std::nullopt;
        return result;
    }

  private:
    using Maybe = std::optional<NodeIndex>;
    using Kind = AnswerToken::Kind;

    // Lists and relations, here.
    Maybe parts();
    Maybe statement();
    Maybe side();
    // quantity_grammar.hpp
    Maybe quantity();
    Maybe with_unit(NodeIndex value);
    Maybe joined(NodeIndex first, NodeIndex second);
    Maybe clock(std::vector<NodeIndex> numbers);
    // arithmetic_grammar.hpp
    Maybe words();
    Maybe sum();
    Maybe product();
    Maybe factor();
    Maybe power();
    Maybe exponent();
    Maybe postfix(NodeIndex base);
    bool starts_factor() const;
    // atom_grammar.hpp
    Maybe atom();
    Maybe number();
    Maybe base_literal();
    Maybe mixed(NodeIndex whole);
    Maybe bracket();
    Maybe braces();
    Maybe set_builder();
    Maybe between(std::string_view close, Op op, std::string_view name);
    Maybe command();
    Maybe argument();
    Maybe fraction();
    Maybe root();
    Maybe letters();
    Maybe all_letters();
    Maybe named(std::string name, bool may_be_called);
    Maybe accented();
    std::string index_text();
    Maybe function(std::string_view name);
    Maybe function_argument();
    Maybe series(std::string_view name);
    Maybe matrix();
    NodeIndex determinant(const std::vector<NodeIndex>& entries, std::size_t size);

    const AnswerToken* peek(std::size_t ahead = 0) const {
        return at_ + ahead < tokens_.size() ? &tokens_[at_ + ahead] : nullptr;
    }
    bool next_is(std::string_view symbol) const {
        return peek() && peek()->kind == Kind::symbol && peek()->value == symbol;
    }
    bool accept(std::string_view symbol) {
        if (!next_is(symbol)) return false;
        ++at_;
        return true;
    }
    bool next_is_letters(std::string_view word) const {
        return peek() && letter_ == 0 && peek()->is_letters() && peek()->value == word;
    }
    bool is_joint() const {
        return next_is(",") || next_is(";") || next_is("and") || next_is("or") ||
               next_is_letters("and") || next_is_letters("or");
    }
    /// The am or p.m. behind a time.
    bool is_half_of_day(const AnswerToken& t) const {
        const std::string_view v = t.value;
        return v == "am" || v == "pm" || v == "AM" || v == "PM" ||
               ((v == "a" || v == "p" || v == "A" || v == "P") && peek(1) && peek(1)->is('.'));
    }
    static char relation_sign(const AnswerToken& t) {
        if (t.kind != Kind::symbol) return 0;
        if (t.value == "<=") return 'l';
        if (t.value == ">=") return 'g';
        if (t.value == "!=") return '!';
        if (t.value == "in") return 'e';
        const bool plain = t.value == "=" || t.value == "<" || t.value == ">" || t.value == "~";
        return plain ? t.value[0] : '\0';
    }
    /// Where the part that begins at `from` ends, looking at `most` tokens at most.
    std::size_t part_end(std::size_t from, std::size_t most) const {
        std::size_t end = from;
        int open = 0;  // braces, as in cm^{-3}
        for (; end < tokens_.size() && end - from < most; ++end) {
            const AnswerToken& t = tokens_[end];
            if (t.is('}') && open > 0) {
                --open;
                continue;
            }
            open += t.is('{');
            if (relation_sign(t) || (t.is_letters() && (t.value == "and" || t.value == "or")))
                break;
            if (t.kind == Kind::symbol &&
                std::string_view(", ; ) ] } \\} & \\\\ cup cap and or |").find(t.value) !=
                    std::string_view::npos)
                break;
        }
        return end;
    }
    /// Where the unit ends that begins here: before the number in "1 hour 30 minutes".
    std::size_t unit_end() const {
        const std::size_t end = part_end(at_, 16);
        for (std::size_t i = at_ + 1; i < end; ++i)
            if (tokens_[i].kind == Kind::number && tokens_[i - 1].is_letters()) return i;
        return end;
    }
    /// The unit that the rest of this part spells, if it is one.
    std::optional<std::string> unit_ahead() const {
        if (letter_ != 0 || at_ >= tokens_.size()) return std::nullopt;
        const std::size_t end = unit_end();
        if (end == at_) return std::nullopt;
        return unit_text(tokens_.subspan(at_, end - at_), reading_.letter_units);
    }

    AnswerTokens tokens_;
    Expression& tree_;
    Meter& meter_;
    Reading reading_;
    std::size_t at_ = 0, letter_ = 0;  // the next token, and the next letter of its word
    int depth_ = 0, bars_ = 0;
    std::string indices_;  ///< of the sums around: the i of \sum_{i=1} is not imaginary
};

/// Statements with commas, semicolons, "and" or "or" between them; one alone is itself. Where there
/// are commas and semicolons, the semicolons separate lists: p=5, q=2; p=7, q=2.
inline std::optional<NodeIndex> AnswerParser::parts() {
    std::vector<NodeIndex> found, groups;
    std::string joint = ",";
    const auto close_group = [&] {
        const bool one = found.size() == 1;
        groups.push_back(one ? found[0] : tree_.add_named(Op::list, joint, found));
        found.clear();
    };
    while (is_joint()) ++at_;
    for (;;) {
        const Maybe part = statement();
        if (!part || tree_.overflowed()) return std::nullopt;
        found.push_back(*part);
        if (!is_joint()) break;
        while (is_joint()) {
            const std::string& word = peek()->value;
            if (word == "and" || word == "or") joint = word;
            if (word == ";" && !found.empty()) close_group();
            ++at_;
        }
        if (!peek() || part_end(at_, 1) == at_) break;  // a trailing comma
    }
    if (!groups.empty()) {
        if (!found.empty()) close_group();
        return groups.size() == 1 ? groups[0] : tree_.add_named(Op::list, joint, groups);
    }
    return found.size() == 1 ? found[0] : tree_.add_named(Op::list, joint, found);
}

/// a = b, a < b <= c, x in S; one side alone is itself.
inline std::optional<NodeIndex> AnswerParser::statement() {
    while (next_is("=") || next_is("~")) ++at_;
    Maybe first = side();
    if (!first) return first;
    std::vector<NodeIndex> sides{*first};
    std::string signs;
    while (peek() && relation_sign(*peek())) {
        signs += relation_sign(*peek());
        ++at_;
        const Maybe next = side();
        if (!next) return next;
        const bool letters = tree_.op(*next) == Op::text && tree_[*next].count == 1;
        sides.push_back(letters ? tree_.child(*next) : *next);  // the kM of y = kM is no word
    }
    return signs.empty() ? first : tree_.add_named(Op::relation, signs, sides);
}

/// Quantities joined by ∪, ∩ and ∖, from the left.
inline std::optional<NodeIndex> AnswerParser::side() {
    Maybe left = quantity();
    while (left && peek()) {
        const bool u = next_is_letters("U") && !tree_.is_scalar(*left);
        const Op op = next_is("cup") || u                       ? Op::join
                      : next_is("cap")                          ? Op::meet
                      : next_is("setminus")                     ? Op::minus
                      : next_is("-") && !tree_.is_scalar(*left) ? Op::minus
                                                                : Op::number;
        if (op == Op::number) break;
        ++at_;
        const Maybe right = quantity();
        if (!right) return right;
        left = tree_.add(op, {*left, *right});
    }
    return left;
}

}  // namespace gppo

#include <gppo/verify/arithmetic_grammar.hpp>
#include <gppo/verify/atom_grammar.hpp>
#include <gppo/verify/quantity_grammar.hpp>
