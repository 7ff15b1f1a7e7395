// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/data/arithmetic.hpp>
#include <gppo/verify/boxed.hpp>

#include <cstdlib>
#include <set>

using gppo::Arithmetic;
using gppo::ArithmeticOptions;
using gppo::Split;

TEST_CASE("the working writes carries and borrows out", "[data][arithmetic]") {
    CHECK(Arithmetic{47, 85, '+'}.response() == "<think>7+5=12,4+8+1=13</think>\\boxed{132}");
    CHECK(Arithmetic{503, 87, '-'}.response() ==
          "<think>13-7=6,10-8-1=1,5-1=4</think>\\boxed{416}");
    CHECK(Arithmetic{7, 123, '+'}.working() == "7+3=10,0+2+1=3,0+1=1");
    CHECK(Arithmetic{100, 99, '-'}.working() == "10-9=1,10-9-1=0,1-1=0");
    CHECK(Arithmetic{100, 99, '-'}.answer() == "1");
    CHECK(Arithmetic{5, 0, '+'}.working() == "5+0=5");
    CHECK(Arithmetic{23, 45, '*'}.working() == "23*5=115,23*4=92,115+920=1035");
    CHECK(Arithmetic{7, 8, '*'}.response() == "<think>7*8=56</think>\\boxed{56}");
    CHECK(Arithmetic{7, 8, '*'}.response(false) == "\\boxed{56}");
    CHECK(Arithmetic{123, 4, '+'}.working() == "3+4=7,2=2,1=1");
}

namespace {

// The value of one column "4+8+1=13" or "23*5=115": left side summed again, right side as written.
bool column_is_right(const std::string& column) {
    const auto equals = column.find('=');
    const std::string left = column.substr(0, equals);
    if (const auto times = left.find('*'); times != left.npos)
        return std::stol(left) * std::stol(left.substr(times + 1)) ==
               std::stol(column.substr(equals + 1));
    long sum = 0;
    for (std::size_t i = 0; i < left.size();) {
        std::size_t used = 0;
        sum += std::stol(left.substr(i), &used);
        i += used;
    }
    return sum == std::stol(column.substr(equals + 1));
}

}  // namespace

TEST_CASE("every column of every working is right and its digits give the answer",
          "[data][arithmetic]") {
    const std::uint64_t seed = 20;
    INFO("seed " << seed);
    const ArithmeticOptions options{.min_digits = 1, .max_digits = 6, .multiply = true};
    for (std::uint64_t i = 0; i < 5000; ++i) {
        const Arithmetic p = gppo::arithmetic_problem(options, Split::train, seed, i);
        INFO(p.prompt() << " " << p.response());
        const std::string working = p.working() + ",";
        std::int64_t value = 0, place = 1, last = 0;
        for (std::size_t start = 0; start < working.size();) {
            const auto end = working.find(',', start);
            const std::string column = working.substr(start, end - start);
            REQUIRE(column_is_right(column));
            last = std::stol(column.substr(column.find('=') + 1));
            value += place * (last % 10);
            place *= 10;
            start = end + 1;
        }
        if (p.op == '+') value += place * (last / 10);
        if (p.op == '*') value = last;
        REQUIRE(value == p.result());
        REQUIRE(p.result() >= 0);
        REQUIRE(gppo::boxed_answer(p.response()) == p.answer());
        const std::string all = p.prompt() + p.response();
        REQUIRE(all.find_first_not_of(gppo::arithmetic_alphabet) == std::string::npos);
    }
}

TEST_CASE("held-out prompts never occur in training", "[data][arithmetic]") {
    // Exhaustive over the whole space of two-digit problems, and sampled over larger ones.
    const ArithmeticOptions small{.min_digits = 2, .max_digits = 2};
    int held_out = 0, all = 0;
    for (std::int64_t a = 10; a < 100; ++a)
        for (std::int64_t b = 10; b < 100; ++b)
            for (const char op : {'+', '-'}) {
                if (op == '-' && a < b) continue;
                const Arithmetic p{a, b, op}, swapped{b, a, op};
                ++all;
                held_out += gppo::split_of(p.canonical(), 0.1) == Split::held_out;
                if (op == '+')
                    CHECK(gppo::split_of(p.canonical(), 0.1) ==
                          gppo::split_of(swapped.canonical(), 0.1));
            }
    CHECK(std::abs(double(held_out) / all - 0.1) < 0.015);

    for (const ArithmeticOptions& options : {small, ArithmeticOptions{}}) {
        std::set<std::string> evaluated;
        for (std::uint64_t i = 0; i < 5000; ++i)
            evaluated.insert(gppo::arithmetic_problem(options, Split::held_out, 1, i).prompt());
        for (const std::uint64_t seed : {1u, 2u, 99u})
            for (std::uint64_t i = 0; i < 40'000; ++i) {
                const auto p = gppo::arithmetic_problem(options, Split::train, seed, i);
                INFO("seed " << seed << " index " << i << " " << p.prompt());
                REQUIRE(!evaluated.contains(p.prompt()));
                if (p.op == '+')
                    REQUIRE(!evaluated.contains(Arithmetic{p.second, p.first, '+'}.prompt()));
            }
    }
}

TEST_CASE("a problem depends on seed and index alone", "[data][arithmetic]") {
    const ArithmeticOptions options;
    const auto a = gppo::arithmetic_problem(options, Split::train, 3, 17);
    for (std::uint64_t i = 0; i < 10; ++i)
        (void)gppo::arithmetic_problem(options, Split::train, 3, i);
    CHECK(gppo::arithmetic_problem(options, Split::train, 3, 17) == a);
    std::set<std::string> different;
    for (std::uint64_t seed = 0; seed < 50; ++seed)
        different.insert(gppo::arithmetic_problem(options, Split::train, seed, 17).prompt());
    CHECK(different.size() > 40);
}

TEST_CASE("options choose digits and operations", "[data][arithmetic]") {
    const ArithmeticOptions sums{.min_digits = 1, .max_digits = 1, .subtract = false};
    const ArithmeticOptions differences{.min_digits = 3, .max_digits = 3, .add = false};
    bool zero = false;
    for (std::uint64_t i = 0; i < 500; ++i) {
        const auto s = gppo::arithmetic_problem(sums, Split::train, 5, i);
        CHECK(s.op == '+');
        CHECK(s.first < 10);
        zero = zero || s.first == 0;
        const auto d = gppo::arithmetic_problem(differences, Split::train, 5, i);
        CHECK(d.op == '-');
        CHECK(d.second >= 100);
        CHECK(d.first >= d.second);
        CHECK(d.first <= 999);
    }
    CHECK(zero);
}

TEST_CASE("a set has no repeats, and asking for too many says so", "[data][arithmetic]") {
    const auto problems = gppo::arithmetic_set({}, Split::held_out, 4, 500);
    std::set<std::string> seen;
    for (const auto& p : problems) seen.insert(p.canonical());
    CHECK(seen.size() == 500);
    const ArithmeticOptions tiny{.min_digits = 1, .max_digits = 1, .subtract = false};
    CHECK_THROWS_AS(gppo::arithmetic_set(tiny, Split::train, 4, 56), gppo::Error);
    CHECK_THROWS_AS(gppo::arithmetic_problem({.add = false, .subtract = false}, Split::train, 0, 0),
                    gppo::Error);
    CHECK_THROWS_AS(gppo::arithmetic_problem({.held_out = 0}, Split::held_out, 0, 0), gppo::Error);
}
