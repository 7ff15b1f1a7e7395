// SPDX-License-Identifier: Apache-2.0
//
// The parts of an answer's tokens: what stands left and right of an assignment, the elements of a
// list, tuple, set or interval, and a number with its unit.
#pragma once

#include <gppo/verify/answer_tokens.hpp>
#include <gppo/verify/exact_number.hpp>
#include <gppo/verify/unit.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gppo {

/// +1 for an opening bracket, -1 for a closing one, else 0.
inline int bracket_step(const AnswerToken& t) noexcept {
    if (t.kind != AnswerToken::Kind::symbol) return 0;
    const bool escaped = t.value.size() == 2 && t.value[0] == '\\';  // \{ and \}
    if (t.value.size() != 1 && !escaped) return 0;
    const char c = t.value.back();
    if (c == '{' || (!escaped && (c == '(' || c == '['))) return 1;
    return c == '}' || (!escaped && (c == ')' || c == ']')) ? -1 : 0;
}

/// Whether the first token opens a bracket that the last one closes.
inline bool is_bracketed(AnswerTokens tokens) {
    if (tokens.size() < 2 || bracket_step(tokens.front()) != 1) return false;
    int depth = 0;
    for (std::size_t i = 0; i < tokens.size(); ++i) {
        depth += bracket_step(tokens[i]);
        if (depth == 0) return i + 1 == tokens.size();
    }
    return false;
}

/// The pieces between separators outside all brackets. `separates` sees one token.
template <class F>
std::vector<AnswerTokens> split_tokens(AnswerTokens tokens, F separates) {
    std::vector<AnswerTokens> pieces;
    std::size_t start = 0;
    int depth = 0;
    for (std::size_t i = 0; i < tokens.size(); ++i) {
        depth += bracket_step(tokens[i]);
        if (depth != 0 || !separates(tokens[i])) continue;
        pieces.push_back(tokens.subspan(start, i - start));
        start = i + 1;
    }
    pieces.push_back(tokens.subspan(start));
    return pieces;
}

/// Elements and brackets. A bare list "1, 2 and 3" has empty brackets; a lone value is one element.
struct Elements {
    std::string_view open, close;
    std::vector<AnswerTokens> items;
};

inline Elements elements(AnswerTokens tokens) {
    Elements result;
    if (is_bracketed(tokens)) {
        // {1, 2} was meant as a set, too.
        result.open = tokens.front().is('{') ? "\\{" : std::string_view(tokens.front().value);
        result.close = tokens.back().is('}') ? "\\}" : std::string_view(tokens.back().value);
        tokens = tokens.subspan(1, tokens.size() - 2);
    }
    const auto separates = [](const AnswerToken& t) {
        return t.is(',') || t.is(';') || (t.is_letters() && (t.value == "and" || t.value == "or"));
    };
    for (const AnswerTokens item : split_tokens(tokens, separates))
        if (!item.empty()) result.items.push_back(item);
    return result;
}

/// Without brackets that hold the whole answer and no list: (5) is 5, but (1, 2) is a tuple.
inline AnswerTokens unwrapped(AnswerTokens tokens) {
    constexpr int levels = 8;  // a bound, so that ten thousand brackets cost no more than 8
    for (int i = 0; i < levels && is_bracketed(tokens); ++i) {
        const bool round = tokens.front().is('(') && tokens.back().is(')');
        const bool group = tokens.front().is('{') && tokens.back().is('}');
        if (!(round || group) || elements(tokens).items.size() != 1) break;
        tokens = tokens.subspan(1, tokens.size() - 2);
    }
    return tokens;
}

/// A rational with what stood behind it. unit is empty without one.
struct Quantity {
    Rational value;
    bool percent = false;
    std::string unit;
};

/// `tokens` as a quantity; nothing if they are none. `out_of_budget` is set if cost was the reason.
inline std::optional<Quantity> quantity(AnswerTokens tokens, const ExactBudget& budget,
                                        std::size_t& spent, bool& out_of_budget) {
    ExactParser parser(tokens, budget, spent);
    const auto value = parser.value();
    out_of_budget = out_of_budget || parser.out_of_budget();
    if (!value) return std::nullopt;
    Quantity result{*value, false, {}};
    AnswerTokens rest = tokens.subspan(parser.used());
    while (!rest.empty() && number_word(rest.front()) != 0) {
        result.value *= number_word(rest.front());
        rest = rest.subspan(1);
        if (++spent > budget.work || result.value > Integer(1) << 200) return std::nullopt;
    }
    if (!rest.empty() &&
        (rest.front().is('%') || (rest.front().is_letters() && rest.front().value == "percent"))) {
        result.percent = true;
        rest = rest.subspan(1);
    }
    const auto unit = unit_text(rest);
    if (!unit) return std::nullopt;
    result.unit = *unit;
    return result;
}

/// "x = 5" as name and value. Without a name, or for an equation, name is empty and value is all.
/// The value may go on with "=", as in x = 6/4 = 1.5.
struct Assignment {
    AnswerTokens name, value;
};

inline Assignment assignment(AnswerTokens tokens) {
    const auto sides = split_tokens(tokens, [](const AnswerToken& t) { return t.is('='); });
    if (sides.size() < 2 || sides[0].empty() || sides[1].empty()) return {{}, tokens};
    const AnswerTokens name = sides[0];
    const bool starts =
        name[0].is_letters() || (name[0].kind == AnswerToken::Kind::command &&
                                 !name[0].is_command("frac") && !name[0].is_command("sqrt"));
    bool plain = starts && name.size() <= 6;
    for (const AnswerToken& t : name)
        plain = plain && (t.kind != AnswerToken::Kind::symbol || t.is('_') || t.is('(') ||
                          t.is(')') || t.is('{') || t.is('}') || t.is(','));
    if (!plain) return {{}, tokens};
    return {name, tokens.subspan(name.size() + 1)};
}

}  // namespace gppo
