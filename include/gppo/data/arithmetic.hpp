// SPDX-License-Identifier: Apache-2.0
//
// Generated sums, differences and products with worked solutions: the task of `gppo demo`. The
// working goes column by column from the right, carries and borrows written out, so that a small
// model gets many answers right and many wrong.
//
//     47+85=   <think>7+5=12,4+8+1=13</think>\boxed{132}      the last 1 of 12 is carried
//     503-87=  <think>13-7=6,10-8-1=1,5-1=4</think>\boxed{416}    a ten is borrowed, then repaid
//     23*45=   <think>23*5=115,23*4=92,115+920=1035</think>\boxed{1035}
#pragma once

#include <gppo/core/error.hpp>
#include <gppo/core/philox.hpp>
#include <gppo/core/view.hpp>
#include <gppo/data/split.hpp>

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gppo {

/// What is asked. Each operand's number of digits is uniform in [min_digits, max_digits], at most
/// 18 (9 for products); a difference is never negative.
struct ArithmeticOptions {
    int min_digits = 2;
    int max_digits = 3;
    bool add = true;
    bool subtract = true;
    bool multiply = false;
    double held_out = 0.1;  ///< share of all problems that training never sees
};

/// Every character of a prompt or response, for a character tokenizer (tags spelled out).
inline constexpr std::string_view arithmetic_alphabet = "0123456789+-*=,<>/\\{}bdehiknotx";

/// One problem: first op second, op is '+', '-' or '*'.
struct Arithmetic {
    std::int64_t first = 0;
    std::int64_t second = 0;
    char op = '+';

    friend auto operator<=>(const Arithmetic&, const Arithmetic&) = default;

    std::int64_t result() const noexcept {
        if (op == '*') return first * second;
        return op == '+' ? first + second : first - second;
    }
    std::string answer() const { return std::to_string(result()); }
    std::string prompt() const { return std::to_string(first) + op + std::to_string(second) + "="; }
    /// What the split hashes and what counts as one problem: 12+34 and 34+12 are the same, so both
    /// are on one side.
    std::string canonical() const {
        if (op != '-' && second < first) return Arithmetic{second, first, op}.prompt();
        return prompt();
    }
    /// The steps from the right, joined by commas.
    std::string working() const { return op == '*' ? product_working() : column_working(); }
    /// The working in its tags and the answer in its box; without `worked`, the box alone.
    std::string response(bool worked = true) const {
        return (worked ? "<think>" + working() + "</think>" : "") + "\\boxed{" + answer() + "}";
    }

    std::string column_working() const;
    std::string product_working() const;
};

inline std::string Arithmetic::column_working() const {
    std::string text;
    std::int64_t a = first, b = second, carry = 0;
    do {
        std::int64_t x = a % 10;
        const std::int64_t y = b % 10;
        const bool second_has_digit = b > 0 || (text.empty() && second == 0);
        const std::int64_t taken = carry;
        if (op == '-' && x < y + carry) x += 10;
        const std::int64_t value = op == '+' ? x + y + carry : x - y - carry;
        carry = op == '+' ? value / 10 : x / 10;
        if (!text.empty()) text += ',';
        text += std::to_string(x);
        if (second_has_digit) text += op + std::to_string(y);
        if (taken != 0) text += op + std::string("1");
        text += '=' + std::to_string(value);
        a /= 10;
        b /= 10;
    } while (a > 0 || b > 0);
    return text;
}

inline std::string Arithmetic::product_working() const {
    std::string text;
    std::int64_t total = 0, place = 1, rest = second;
    do {
        const std::int64_t digit = rest % 10, part = first * digit;
        if (place > 1) text += ',';
        text += std::to_string(first) + '*' + std::to_string(digit) + '=' + std::to_string(part);
        if (place > 1)
            text += ',' + std::to_string(total) + '+' + std::to_string(part * place) + '=' +
                    std::to_string(total + part * place);
        total += part * place;
        place *= 10;
        rest /= 10;
    } while (rest > 0);
    return text;
}

/// Throws Error unless the options describe at least one problem.
inline void check(const ArithmeticOptions& o) {
    expects(
        o.min_digits >= 1 && o.min_digits <= o.max_digits && o.max_digits <= (o.multiply ? 9 : 18),
        "arithmetic: need 1 <= min_digits <= max_digits <= 18, or 9 with products");
    expects(o.add || o.subtract || o.multiply, "arithmetic: every operation is off, switch one on");
    expects(o.held_out >= 0 && o.held_out < 1, "arithmetic: held_out must be in [0, 1)");
}

/// Problem `index` of `split`: a pure function of its arguments, so a resumed run sees the same
/// problems without any state. Problems repeat, as drawing with replacement does.
inline Arithmetic arithmetic_problem(const ArithmeticOptions& options, Split split,
                                     std::uint64_t seed, std::uint64_t index) {
    check(options);
    expects(split == Split::train || options.held_out > 0,
            "arithmetic: held_out is 0, so there is no held-out problem to draw");
    const Philox random{seed};
    std::string operations;
    if (options.add) operations += '+';
    if (options.subtract) operations += '-';
    if (options.multiply) operations += '*';
    const auto operand = [&](std::uint64_t draw) {
        const auto span = static_cast<std::uint64_t>(options.max_digits - options.min_digits + 1);
        const auto digits =
            static_cast<std::uint64_t>(options.min_digits) + random.below(span, index, 4 * draw);
        std::uint64_t low = 1;
        for (std::uint64_t d = 1; d < digits; ++d) low *= 10;
        const std::uint64_t start = digits == 1 ? 0 : low;  // 0 is a one-digit number
        const std::uint64_t offset = random.below(10 * low - start, index, 4 * draw + 1);
        return static_cast<std::int64_t>(start + offset);
    };
    constexpr std::uint64_t attempts = 100'000;  // far beyond chance at any usable fraction
    for (std::uint64_t attempt = 0; attempt < attempts; ++attempt) {
        const auto chosen = random.below(operations.size(), index, 8 * attempt + 2);
        Arithmetic p{operand(2 * attempt), operand(2 * attempt + 1), operations[chosen]};
        if (p.op == '-' && p.first < p.second) std::swap(p.first, p.second);
        if (split_of(p.canonical(), options.held_out) == split) return p;
    }
    throw Error("arithmetic: found no problem of the wanted split, widen the digits or held_out");
}

/// The first `count` different problems of `split` (12+34 and 34+12 count as one). Throws Error if
/// the options do not hold that many.
inline std::vector<Arithmetic> arithmetic_set(const ArithmeticOptions& options, Split split,
                                              std::uint64_t seed, Index count) {
    std::vector<Arithmetic> problems;
    std::set<std::string> seen;
    const std::uint64_t patience = 1000 + 100 * static_cast<std::uint64_t>(count);
    for (std::uint64_t i = 0; static_cast<Index>(problems.size()) < count; ++i) {
        expects(i < patience, [&] {
            return "arithmetic: only about " + std::to_string(problems.size()) +
                   " different problems were found, " + std::to_string(count) +
                   " asked: widen the digits or ask for fewer";
        });
        const Arithmetic p = arithmetic_problem(options, split, seed, i);
        if (seen.insert(p.canonical()).second) problems.push_back(p);
    }
    return problems;
}

}  // namespace gppo
