// SPDX-License-Identifier: Apache-2.0
//
// Is a mathematical answer right? Numbers in every notation, closed forms, expressions in
// variables, sets, intervals, inequalities, equations, matrices, units. Two different exact values
// are never rounded together. What counts as equal is in docs/05_maths_answers.md. No timer, no
// signal, no global state, the same answer every time.
#pragma once

#include <gppo/verify/answer_comparison.hpp>
#include <gppo/verify/answer_parser.hpp>
#include <gppo/verify/boxed.hpp>
#include <gppo/verify/turned_brackets.hpp>
#include <gppo/verify/verdict.hpp>

#include <algorithm>
#include <cctype>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gppo {

/// One comparison of two texts, under every reading of their notation that makes sense.
class MathsComparison {
  public:
    MathsComparison(std::string_view gold, std::string_view answer, const MathsBudget& budget)
        : gold_(gold), answer_(answer), meter_(budget) {}

    Judgement judge() {
        const Judgement plain = read({});
        if (plain.verdict == Verdict::equal || plain.verdict == Verdict::budget) return plain;
        for (const Reading& reading : {Reading{true, true, false}, Reading{false, false, false},
                                       Reading{true, false, true}}) {
            if (!applies(reading)) continue;
            const Judgement other = read(reading);
            if (other.verdict == Verdict::equal) return other;
        }
        return plain;
    }

  private:
    /// The m of "5 m" may be metres. The commas of 200,100 may separate, if the other is a list
    /// too. And 2,74 may be 2.74, if the other is one number.
    bool applies(const Reading& reading) const;
    Judgement read(const Reading& reading);
    static std::optional<char> choice(AnswerTokens tokens);
    static bool has_letter_after_space(std::string_view text) {
        for (std::size_t i = 1; i < text.size(); ++i)
            if (is_letter(text[i]) &&
                (text[i - 1] == ' ' || text[i - 1] == ',' || text[i - 1] == '~'))
                return true;
        return false;
    }

    std::string_view gold_, answer_;
    Meter meter_;
};

inline bool MathsComparison::applies(const Reading& reading) const {
    const auto has = [](std::string_view text, char c) { return text.find(c) != text.npos; };
    if (reading.letter_units)
        return has_letter_after_space(gold_) || has_letter_after_space(answer_);
    if (!reading.thousands) {
        for (const std::string_view text : {gold_, answer_}) {
            bool zero = false;  // 1,000 is a thousand, not the list 1, 0
            for (std::size_t i = 1; i + 1 < text.size(); ++i)
                zero = zero || (text[i - 1] == ',' && text[i] == '0' && is_digit(text[i + 1]));
            if (zero || !has(text, ',')) return false;
        }
        return true;
    }
    // 1,234 is never 1.234.
    const auto thousand = [](std::string_view text) {
        const auto at = text.find(',');
        std::size_t n = 0;
        while (at != text.npos && at + 1 + n < text.size() && is_digit(text[at + 1 + n])) ++n;
        return n == 3 && at > 0 && !(at == 1 && text[0] == '0');
    };
    if (thousand(gold_) || thousand(answer_)) return false;
    for (const std::string_view text : {gold_, answer_})
        if (text.find_first_of("([") != text.npos) return false;
    const auto commas = [](std::string_view text) {
        return std::count(text.begin(), text.end(), ',');
    };
    return (commas(gold_) == 1 && commas(answer_) == 0) ||
           (commas(gold_) == 0 && commas(answer_) == 1);
}

/// The letter of (C), C or \text{C}, or of "(C) 12".
inline std::optional<char> MathsComparison::choice(AnswerTokens tokens) {
    const bool open = !tokens.empty() && tokens[0].is('(');
    if (open) tokens = tokens.subspan(1);
    if (tokens.empty() || !tokens[0].is_letters() || tokens[0].value.size() != 1)
        return std::nullopt;
    const char letter = tokens[0].value[0];
    if (letter < 'A' || letter > 'J') return std::nullopt;
    tokens = tokens.subspan(1);
    const bool close = !tokens.empty() && tokens[0].is(')');
    if (close) tokens = tokens.subspan(1);
    if (open != close && !(close && !open)) return std::nullopt;
    return tokens.empty() || close ? std::optional(letter) : std::nullopt;
}

inline Judgement MathsComparison::read(const Reading& reading) {
    std::string gold(gold_), answer(answer_);
    if (reading.decimal_comma)
        for (std::string* text : {&gold, &answer}) {
            const auto comma = text->find(',');
            if (comma == text->npos || comma == 0 || comma + 1 >= text->size() ||
                !is_digit((*text)[comma - 1]) || !is_digit((*text)[comma + 1]))
                continue;
            (*text)[comma] = '.';
        }
    auto a = answer_tokens(gold, reading.thousands);
    auto b = answer_tokens(answer, reading.thousands);
    turn_brackets(a);
    turn_brackets(b);
    if (a.empty()) return {Verdict::unparsable, "the gold answer is empty"};
    if (b.empty()) return {Verdict::unparsable, "the answer is empty"};
    if (a == b) return {Verdict::equal, "the same notation"};
    const auto x = choice(a), y = choice(b);
    if (x && y) {
        if (*x == *y) return {Verdict::equal, "the same choice"};
        if (a.size() <= 3 && b.size() <= 3) return {Verdict::different, "another choice"};
    }
    Expression tree(meter_.budget());
    const auto left = AnswerParser(a, tree, meter_, reading).answer();
    const auto right = AnswerParser(b, tree, meter_, reading).answer();
    if (meter_.exhausted() || tree.overflowed())
        return {Verdict::budget, "a number too large to compute or brackets nested too deeply"};
    if (!left) return {Verdict::unparsable, "the gold answer cannot be read"};
    if (!right) return {Verdict::unparsable, "the answer cannot be read"};
    return AnswerComparison(tree, meter_).judge(*left, *right);
}

/// An answer without the **, * or ` that Markdown puts around it.
constexpr std::string_view without_markdown(std::string_view text) noexcept {
    for (const std::string_view mark : {"**", "`", "*"}) {
        text = trimmed(text);
        if (text.size() > 2 * mark.size() && text.starts_with(mark) && text.ends_with(mark))
            text = text.substr(mark.size(), text.size() - 2 * mark.size());
    }
    return trimmed(text);
}

/// Compares an answer, as it would stand in a box, with the gold one. Either may still be boxed.
inline Judgement compare_answers(std::string_view gold, std::string_view answer,
                                 const MathsBudget& budget = {}) {
    gold = without_markdown(gold);
    answer = without_markdown(answer);
    if (gold.empty()) return {Verdict::unparsable, "the gold answer is empty"};
    if (answer.empty()) return {Verdict::unparsable, "the answer is empty"};
    if (gold == answer) return {Verdict::equal, "the same text"};
    if (gold.size() > budget.length || answer.size() > budget.length)
        return {Verdict::budget, "an answer longer than the limit"};
    return MathsComparison(gold, answer, budget).judge();
}

/// Judges a whole response: its last box, or the boxes joined to it, after the last </think>.
inline Judgement judge_maths(std::string_view gold, std::string_view response,
                             const MathsBudget& budget = {}) {
    const auto answer = boxed_answers(response);
    if (!answer) return {Verdict::unparsable, "no complete \\boxed{} after the thinking"};
    return compare_answers(gold, *answer, budget);
}

/// Several right answers: equal if one of them is.
inline Judgement judge_maths(std::span<const std::string> golds, std::string_view response,
                             const MathsBudget& budget = {}) {
    Judgement best{Verdict::unparsable, "no gold answer"};
    for (const std::string& gold : golds) {
        const Judgement found = judge_maths(gold, response, budget);
        if (found.verdict == Verdict::equal) return found;
        if (best.verdict != Verdict::different) best = found;
    }
    return best;
}

/// The verdict alone.
inline Verdict verify_maths(std::string_view gold, std::string_view response) {
    return judge_maths(gold, response).verdict;
}

/// Whether an answer is one exact rational number, perhaps with a unit.
inline bool is_rational_answer(std::string_view answer) {
    const MathsBudget budget;
    Meter meter(budget);
    Expression tree(budget);
    const auto tokens = answer_tokens(answer.substr(0, budget.length));
    const auto read = AnswerParser(tokens, tree, meter, {true, true, false}).answer();
    if (!read) return false;
    return ExactValue(tree, meter).real(AnswerShape(tree).quantity(*read).value).has_value();
}

}  // namespace gppo
