// SPDX-License-Identifier: Apache-2.0
//
// For the tests of the maths verifier: answers read into one tree, and trees as text.
#pragma once

#include "catch.hpp"

#include <gppo/core/philox.hpp>
#include <gppo/verify/answer_comparison.hpp>
#include <gppo/verify/answer_parser.hpp>

#include <array>
#include <string>
#include <string_view>

/// One tree with its meter, into which a test reads answers.
struct Parsed {
    gppo::MathsBudget budget{};
    gppo::Meter meter{budget};
    gppo::Expression tree{budget};

    std::optional<gppo::NodeIndex> try_read(std::string_view text, gppo::Reading reading = {}) {
        const auto tokens = gppo::answer_tokens(text, reading.thousands);
        return gppo::AnswerParser(tokens, tree, meter, reading).answer();
    }
    gppo::NodeIndex read(std::string_view text) {
        INFO("answer " << text);
        const auto at = try_read(text);
        REQUIRE(at);
        return *at;
    }
    /// The tree as text: (add 1 (multiply 2 x)).
    std::string shown(gppo::NodeIndex at) const {
        using gppo::Op;
        constexpr std::array<std::string_view, 31> names{
            "number", "inf",  "pi",    "e",        "i",    "variable", "add",     "mul",
            "neg",    "inv",  "pow",   "root",     "call", "fact",     "percent", "degrees",
            "pm",     "mp",   "list",  "tuple",    "set",  "matrix",   "ratio",   "rel",
            "join",   "meet", "minus", "quantity", "text"};
        const Op op = tree.op(at);
        if (op == Op::number) return tree.number(at).str();
        if (op == Op::variable) return std::string(tree.name(at));
        std::string text(names[static_cast<std::size_t>(op)]);
        if (op < Op::variable) return text;
        if (op == Op::call)
            text = tree.name(at);
        else if (tree[at].hash != 0)
            text += '[' + std::string(tree.name(at)) + ']';
        if (op == Op::matrix) text += std::to_string(tree[at].value);
        for (const gppo::NodeIndex c : tree.children(at)) text += ' ' + shown(c);
        return '(' + text + ')';
    }
    /// The tree of an answer as text, or "-" if it cannot be read.
    std::string shown(std::string_view text) {
        const auto at = try_read(text);
        return at ? shown(*at) : "-";
    }
    gppo::Verdict judge(std::string_view a, std::string_view b) {
        const auto x = try_read(a), y = try_read(b);
        if (!x || !y) return gppo::Verdict::unparsable;
        return gppo::AnswerComparison(tree, meter).judge(*x, *y).verdict;
    }
};

/// The verdict of two answers, which must not depend on which is the gold one.
inline gppo::Verdict verdict(std::string_view a, std::string_view b) {
    INFO(a << " and " << b);
    const gppo::Verdict there = Parsed().judge(a, b);
    CHECK(Parsed().judge(b, a) == there);
    return there;
}

/// A pseudo-random fraction of small numbers, other for each (i, j).
inline gppo::Rational random_fraction(const gppo::Philox& random, std::uint64_t i, std::uint64_t j,
                                      long size = 1000) {
    const auto n = static_cast<long>(random.below(2 * static_cast<std::uint64_t>(size) + 1, i, j));
    const auto d = static_cast<long>(random.below(97, i, j + 1000)) + 1;
    return gppo::Rational(n - size, d);
}
