// SPDX-License-Identifier: Apache-2.0
//
// Is a mathematical answer right? Exact rationals in every notation (integers, decimals, fractions,
// mixed numbers, percent, thousands, powers, repeating decimals), with units; lists, tuples, sets
// and intervals of them; and the same notation for everything else. Two different exact values are
// never rounded together: 0.333 is not 1/3. No timer, no global state, the same answer every time.
#pragma once

#include <gppo/verify/answer_parts.hpp>
#include <gppo/verify/boxed.hpp>
#include <gppo/verify/verdict.hpp>

#include <algorithm>
#include <cctype>
#include <string>
#include <string_view>
#include <vector>

namespace gppo {

/// Compares two answers' tokens. One object serves one comparison.
class AnswerComparison {
  public:
    explicit AnswerComparison(const ExactBudget& budget) : budget_(budget) {}

    Judgement judge(AnswerTokens gold, AnswerTokens answer, int depth = 0) {
        if (gold.empty()) return {Verdict::unparsable, "the gold answer is empty"};
        if (answer.empty()) return {Verdict::unparsable, "the answer is empty"};
        if (same(gold, answer)) return {Verdict::equal, "the same notation"};
        if (depth > 8 || ++steps_ > 4096) return {Verdict::budget, "too many parts"};
        const Assignment a = assignment(unwrapped(gold)), b = assignment(unwrapped(answer));
        if (!a.name.empty() && !b.name.empty() && !same(a.name, b.name))
            return {Verdict::unparsable, "values of different names"};
        gold = unwrapped(chained(a.value));
        answer = unwrapped(chained(b.value));
        if (same(gold, answer)) return {Verdict::equal, "the same notation"};
        bool out_of_budget = false;
        const auto x = quantity(gold, budget_, spent_, out_of_budget);
        const auto y = quantity(answer, budget_, spent_, out_of_budget);
        if (x && y) return quantities(*x, *y);
        if (out_of_budget) return {Verdict::budget, "a number too large to compute"};
        if (words(gold) && words(answer))
            return folded(gold) == folded(answer) ? Judgement{Verdict::equal, "the same words"}
                                                  : Judgement{Verdict::different, "other words"};
        return lists(elements(gold), elements(answer), x || y, depth);
    }

  private:
    static bool same(AnswerTokens a, AnswerTokens b) {
        return std::equal(a.begin(), a.end(), b.begin(), b.end());
    }
    /// 48/2 = 24 as 24, if every side has that one value; anything else as it is.
    AnswerTokens chained(AnswerTokens tokens) {
        const auto sides = split_tokens(tokens, [](const AnswerToken& t) { return t.is('='); });
        if (sides.size() < 2) return tokens;
        bool out_of_budget = false;
        const auto last = quantity(sides.back(), budget_, spent_, out_of_budget);
        for (const AnswerTokens side : sides) {
            const auto value = last ? quantity(side, budget_, spent_, out_of_budget) : last;
            if (!value || value->value != last->value) return tokens;
        }
        return sides.back();
    }
    /// Text of at least two letters somewhere; x alone is a variable, xy may be a product.
    static bool words(AnswerTokens tokens) {
        bool word = false;
        for (const AnswerToken& t : tokens) {
            if (!t.is_letters()) return false;
            word = word || t.value.size() > 2 || t.kind == AnswerToken::Kind::text;
        }
        return word;
    }
    static std::string folded(AnswerTokens tokens) {
        std::string text;
        for (const AnswerToken& t : tokens) {
            for (const char c : t.value)
                text += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
            text += ' ';
        }
        return text;
    }

    Judgement quantities(const Quantity& a, const Quantity& b) {
        bool equal = a.value == b.value;
        if (a.percent != b.percent) {
            // 50% is 0.5; and where the question asked for percent, it is also the plain 50.
            const Quantity& percent = a.percent ? a : b;
            const Quantity& plain = a.percent ? b : a;
            equal = equal || percent.value / 100 == plain.value;
        }
        if (!a.unit.empty() && !b.unit.empty() && a.unit != b.unit) {
            const auto u = find_unit(a.unit), v = find_unit(b.unit);
            if (!u || !v) return {Verdict::unparsable, "units that may or may not agree"};
            if (u->dimension != v->dimension) return {Verdict::different, "other units"};
            equal =
                a.value * u->numerator * v->denominator == b.value * v->numerator * u->denominator;
        }
        return equal ? Judgement{Verdict::equal, "the same value"}
                     : Judgement{Verdict::different, "another value"};
    }

    Judgement lists(const Elements& a, const Elements& b, bool one_is_a_number, int depth) {
        constexpr Judgement unknown{Verdict::unparsable, "neither the same notation nor rational"};
        const bool a_is_list = a.items.size() > 1 || a.open == "\\{";
        const bool b_is_list = b.items.size() > 1 || b.open == "\\{";
        if (!a_is_list || !b_is_list)
            return one_is_a_number && (a.items.size() > 1 || b.items.size() > 1)
                       ? Judgement{Verdict::different, "a list and a number"}
                       : unknown;
        const bool bare = a.open.empty() || b.open.empty();
        if (!bare && (a.open != b.open || a.close != b.close))
            return {Verdict::different, "other brackets"};
        const auto unordered = [](const Elements& e) { return e.open.empty() || e.open == "\\{"; };
        if (a.items.size() != b.items.size())
            return {Verdict::different, "another number of parts"};
        return unordered(a) && unordered(b) ? matched(a.items, b.items, depth)
                                            : pairwise(a.items, b.items, depth);
    }

    Judgement pairwise(const std::vector<AnswerTokens>& a, const std::vector<AnswerTokens>& b,
                       int depth) {
        Judgement result{Verdict::equal, "equal part by part"};
        for (std::size_t i = 0; i < a.size(); ++i) {
            const Judgement part = judge(a[i], b[i], depth + 1);
            if (part.verdict == Verdict::different) return {Verdict::different, "a part differs"};
            if (part.verdict != Verdict::equal) result = part;
        }
        return result;
    }

    /// Each part of `a` takes the first free equal part of `b`.
    Judgement matched(const std::vector<AnswerTokens>& a, const std::vector<AnswerTokens>& b,
                      int depth) {
        std::vector<bool> taken(b.size(), false);
        Judgement result{Verdict::equal, "the same parts"};
        for (const AnswerTokens part : a) {
            Judgement best{Verdict::different, "a part is missing"};
            for (std::size_t j = 0; j < b.size() && best.verdict != Verdict::equal; ++j) {
                if (taken[j]) continue;
                const Judgement tried = judge(part, b[j], depth + 1);
                if (tried.verdict == Verdict::budget) return tried;
                if (tried.verdict == Verdict::equal) taken[j] = true;
                if (tried.verdict != Verdict::different) best = tried;
            }
            if (best.verdict == Verdict::different) return best;
            if (best.verdict != Verdict::equal) result = best;
        }
        return result;
    }

    ExactBudget budget_;
    std::size_t spent_ = 0;
    int steps_ = 0;
};

/// Compares an answer, as it would stand in a box, with the gold one. Either may still be boxed.
inline Judgement compare_answers(std::string_view gold, std::string_view answer,
                                 const ExactBudget& budget = {}) {
    gold = trimmed(gold);
    answer = trimmed(answer);
    if (gold.empty()) return {Verdict::unparsable, "the gold answer is empty"};
    if (answer.empty()) return {Verdict::unparsable, "the answer is empty"};
    if (gold == answer) return {Verdict::equal, "the same text"};
    if (gold.size() > budget.length || answer.size() > budget.length)
        return {Verdict::budget, "an answer longer than the limit"};
    const std::vector<AnswerToken> a = answer_tokens(gold), b = answer_tokens(answer);
    const Judgement first = AnswerComparison(budget).judge(a, b);
    if (first.verdict == Verdict::equal || elements(a).items.size() < 2) return first;
    // The gold answer is a list, so the commas of 200,100 may separate after all.
    const std::vector<AnswerToken> c = answer_tokens(gold, false), d = answer_tokens(answer, false);
    for (const AnswerToken& t : d)
        if (t.kind == AnswerToken::Kind::number && t.value.size() > 1 && t.value[0] == '0')
            return first;  // 1,000 is a thousand, not the list 1, 0
    const Judgement second = AnswerComparison(budget).judge(c, d);
    return second.verdict == Verdict::equal ? second : first;
}

/// Judges a whole response: its last box after the last </think> against the gold answer.
inline Judgement judge_maths(std::string_view gold, std::string_view response,
                             const ExactBudget& budget = {}) {
    const auto answer = boxed_answer(response);
    if (!answer) return {Verdict::unparsable, "no complete \\boxed{} after the thinking"};
    return compare_answers(gold, *answer, budget);
}

/// The verdict alone.
inline Verdict verify_maths(std::string_view gold, std::string_view response) {
    return judge_maths(gold, response).verdict;
}

}  // namespace gppo
