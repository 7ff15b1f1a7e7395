// SPDX-License-Identifier: Apache-2.0
//
// The part of AnswerParser that reads what stands around a number: currency, million, percent,
// units, the second number of a ratio or a time of day.
#pragma once

#include <gppo/verify/answer_parser.hpp>

#include <cctype>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace gppo {

/// A value with what may stand around it: currency, million, percent, units, or a ratio.
inline std::optional<NodeIndex> AnswerParser::quantity() {
    if (const Maybe text = words()) return text;
    std::string currency;
    if (peek() && unit_text(tokens_.subspan(at_, 1)) && peek()->kind == Kind::symbol &&
        !peek()->is('/') && !peek()->is('*'))
        currency = tokens_[at_++].value;
    const Maybe value = sum();
    if (!value) return value;
    if (next_is(":") || next_is_letters("to")) {
        std::vector<NodeIndex> numbers{*value};
        while (next_is(":") || next_is_letters("to")) {
            ++at_;
            const Maybe next = sum();
            if (!next) return next;
            numbers.push_back(*next);
        }
        return clock(std::move(numbers));
    }
    Maybe whole = with_unit(*value);
    while (whole && tree_.op(*whole) == Op::quantity && peek() && peek()->kind == Kind::number) {
        const Maybe more = product();
        const Maybe rest = more ? with_unit(*more) : more;
        whole = rest ? joined(*whole, *rest) : rest;
    }
    if (whole && !currency.empty() && tree_.op(*whole) != Op::quantity)
        whole = tree_.add_named(Op::quantity, currency, {*whole});
    return whole;
}

/// value million percent cm.
inline std::optional<NodeIndex> AnswerParser::with_unit(NodeIndex value) {
    while (letter_ == 0 && peek() && number_word(*peek()) != 0) {
        value = tree_.add(Op::multiply, {value, tree_.add_number(number_word(*peek()))});
        ++at_;
    }
    if (next_is_letters("percent") || next_is_letters("pct") || next_is_letters("percentage")) {
        ++at_;
        value = tree_.add(Op::percent, {value});
    }
    if (!peek() || part_end(at_, 1) == at_) return value;
    const auto unit = unit_ahead();
    if (!unit) return value;
    at_ = unit_end();
    if (*unit == "degree" || *unit == "deg") return tree_.add(Op::degrees, {value});
    return unit->empty() ? value : tree_.add_named(Op::quantity, *unit, {value});
}

/// 1 hour 30 minutes, 5 ft 6 in: the sum, in the first unit.
inline std::optional<NodeIndex> AnswerParser::joined(NodeIndex first, NodeIndex second) {
    if (tree_.op(second) != Op::quantity) return std::nullopt;
    const std::string unit(tree_.name(first));
    const auto u = unit_value(unit), v = unit_value(tree_.name(second));
    if (!u || !v || u->powers != v->powers) return std::nullopt;
    const Rational factor(Integer(v->numerator) * u->denominator,
                          Integer(v->denominator) * u->numerator);
    const NodeIndex rest = tree_.add(Op::multiply, {tree_.child(second), tree_.add_number(factor)});
    return tree_.add_named(Op::quantity, unit, {tree_.add(Op::add, {tree_.child(first), rest})});
}

/// a : b is a ratio; with am or pm behind it, or a zero in it, a time of day.
inline std::optional<NodeIndex> AnswerParser::clock(std::vector<NodeIndex> numbers) {
    std::string half;
    if (peek() && peek()->is_letters() && (peek()->value.size() <= 2)) {
        const char c =
            static_cast<char>(std::tolower(static_cast<unsigned char>(peek()->value[0])));
        const bool both = peek()->value.size() == 2;
        if (c == 'a' || c == 'p') {
            half = c;
            at_ += both ? 1 : 0;
            if (!both) {
                ++at_;
                accept(".");
                if (next_is_letters("m") || next_is_letters("M")) ++at_;
                accept(".");
            }
        }
    }
    return tree_.add_named(Op::ratio, half, numbers);
}

}  // namespace gppo
