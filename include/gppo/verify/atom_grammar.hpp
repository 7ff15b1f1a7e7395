// SPDX-License-Identifier: Apache-2.0
//
// The part of AnswerParser that reads what stands between operators: numbers, brackets, fractions,
// roots, names. Functions and matrices are in function_grammar.hpp.
#pragma once

#include <gppo/verify/answer_parser.hpp>

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gppo {

inline std::optional<NodeIndex> AnswerParser::atom() {
    if (!peek()) return std::nullopt;
    const AnswerToken& t = *peek();
    switch (t.kind) {
        case Kind::number:
            return number();
        case Kind::word:
        case Kind::text:
            if (letter_ == 0 && peek(1) && peek(1)->kind == Kind::number)
                if (const Maybe literal = base_literal()) return literal;
            return letters();
        case Kind::command:
            return command();
        case Kind::symbol:
            break;
    }
    if (accept("inf")) return tree_.add(Op::infinity, {});
    if (accept("emptyset")) return tree_.add_named(Op::set, "", {});
    if (t.value == "(" || t.value == "[" || t.value == "<<") return bracket();
    if (t.value == "{" || t.value == "\\{") return braces();
    if (accept("lfloor")) return between("rfloor", Op::call, "floor");
    if (accept("lceil")) return between("rceil", Op::call, "ceil");
    if (accept("|")) {
        ++bars_;
        const Maybe inner = between("|", Op::call, "abs");
        --bars_;
        return inner;
    }
    return std::nullopt;
}

/// One sum up to `close`, as the only child of a node.
inline std::optional<NodeIndex> AnswerParser::between(std::string_view close, Op op,
                                                      std::string_view name) {
    const Maybe inner = sum();
    if (!inner || !accept(close)) return std::nullopt;
    return tree_.add_named(op, name, {*inner});
}

/// Letters that are digits, as in A5_{11}, or digits with an index: 203_7, 101_{two}.
inline std::optional<NodeIndex> AnswerParser::base_literal() {
    std::string digits;
    const bool wrapped = next_is("(");  // (101)_2
    const std::size_t first = at_ + wrapped;
    std::size_t i = first;
    bool any_digit = false;
    for (; i < tokens_.size() && i - first < 12; ++i) {
        const AnswerToken& t = tokens_[i];
        if (t.kind != Kind::number && !t.is_letters()) break;
        any_digit = any_digit || t.kind == Kind::number;
        digits += t.value;
    }
    if (wrapped && i < tokens_.size() && tokens_[i].is(')')) ++i;
    if (!any_digit || i + 1 >= tokens_.size() || !tokens_[i].is('_')) return std::nullopt;
    std::size_t after = i + 1;
    const bool round = tokens_[after].is('{') && after + 3 < tokens_.size();  // _{(2)}
    if (round) after += 2;
    const std::string& index = tokens_[after].value;
    constexpr std::array<std::string_view, 17> names{
        "zero", "one", "two",    "three",  "four",     "five",     "six",     "seven",  "eight",
        "nine", "ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen"};
    unsigned base = 0;
    for (unsigned k = 2; k <= 36; ++k)
        if (index == std::to_string(k) || (k < names.size() && index == names[k])) base = k;
    if (base == 0) return std::nullopt;
    const auto value = digits_value(digits, base, meter_);
    if (!value) return std::nullopt;
    at_ = after + 1;
    if (round) at_ += 2;
    return tree_.add_number(*value);
}

inline std::optional<NodeIndex> AnswerParser::number() {
    if (const Maybe literal = base_literal()) return literal;
    const std::string& text = tokens_[at_++].value;
    const auto decimal = text.find('.');
    const bool point = decimal != text.npos;
    if (next_is("_")) return std::nullopt;  // digits that are none in that base
    const auto period = [&](std::size_t at) -> const std::string* {
        const AnswerToken* t = peek(at);
        const bool digits = t && t->kind == Kind::number &&
                            t->value.find_first_not_of("0123456789") == std::string::npos;
        return digits ? &t->value : nullptr;
    };
    const bool over = peek() && (peek()->is_command("overline") || peek()->is_command("bar") ||
                                 peek()->is_command("dot"));
    const bool round = next_is("(") && period(1) && peek(2) && peek(2)->is(')') &&
                       !peek()->space_before && (text.back() == '.' || text.starts_with("0."));
    if (point && (over || round) && period(1)) {
        const auto value = repeating_value(text, *period(1), meter_);
        at_ += over ? 2 : 3;
        return value ? Maybe(tree_.add_number(*value)) : std::nullopt;
    }
    if (next_is("...")) {  // 0.333...: the shortest period that is written out twice, 3 times for 1
        for (std::size_t p = 1; point && p * 2 < text.size() - decimal; ++p) {
            const std::string_view tail = std::string_view(text).substr(text.size() - p);
            const std::size_t times = p == 1 ? 3 : 2;
            bool repeats = text.size() - decimal > p * times;
            for (std::size_t k = 1; repeats && k < times; ++k)
                repeats = text.compare(text.size() - (k + 1) * p, p, tail) == 0;
            if (!repeats) continue;
            ++at_;
            const auto value = repeating_value(text, tail, meter_);
            return value ? Maybe(tree_.add_number(*value)) : std::nullopt;
        }
        return std::nullopt;
    }
    const auto value = decimal_value(text, meter_);
    if (!value) return std::nullopt;
    const bool plain = point && text.find_first_of("eE") == text.npos;
    const NodeIndex at =
        tree_.add_number(*value, plain ? static_cast<int>(text.size() - decimal - 1) : -1);
    return mixed(at);
}

/// A whole number followed by a proper fraction is a mixed number: 2\frac{1}{2}, "2 1/2".
inline std::optional<NodeIndex> AnswerParser::mixed(NodeIndex whole) {
    const bool latex = peek() && peek()->is_command("frac");
    const auto digits = [&](std::size_t ahead) {
        const AnswerToken* t = peek(ahead);
        return t && t->kind == Kind::number &&
               t->value.find_first_not_of("0123456789") == t->value.npos;
    };
    const bool plain =
        digits(0) && peek()->space_before && peek(1) && peek(1)->is('/') && digits(2);
    if (!is_integer(tree_.number(whole)) || tree_[whole].decimals >= 0 ||
        !(plain || (latex && digits(1) && digits(2))))
        return whole;
    const auto above = digits_value(peek(latex ? 1 : 0)->value, 10, meter_);
    const auto below = digits_value(peek(2)->value, 10, meter_);
    if (!above || !below || *above >= *below || *above == 0)
        return std::nullopt;  // 2\frac{3}{2}: a product?
    at_ += 3;
    return tree_.add_number(tree_.number(whole) + *above / *below);
}

/// ( … ), [ … ], ⟨ … ⟩ and half-open intervals.
inline std::optional<NodeIndex> AnswerParser::bracket() {
    if (peek(2) && peek(2)->is(')') && peek(3) && peek(3)->is('_'))
        if (const Maybe literal = base_literal()) return literal;
    if (++depth_ > meter_.budget().depth) return meter_.give_up(), std::nullopt;
    const std::string open = tokens_[at_++].value;
    const int bars = std::exchange(bars_, 0);
    const Maybe inner = parts();
    bars_ = bars;
    --depth_;
    if (!inner || !peek()) return std::nullopt;
    const std::string close = peek()->kind == Kind::symbol ? peek()->value : "";
    if (close != ")" && close != "]" && close != ">>") return std::nullopt;
    ++at_;
    const bool list = tree_.op(*inner) == Op::list;
    if (open == "<<" || close == ">>")
        return list ? tree_.add_named(Op::tuple, "()", tree_.children(*inner)) : inner;
    const bool matching = (open == "(") == (close == ")");
    if (!list) return matching ? inner : std::nullopt;
    return tree_.add_named(Op::tuple, open + close, tree_.children(*inner));
}

/// {5} groups, {1, 2} and \{1\} are sets, \{x : x > 1\} is its condition.
inline std::optional<NodeIndex> AnswerParser::braces() {
    if (++depth_ > meter_.budget().depth) return meter_.give_up(), std::nullopt;
    const bool escaped = tokens_[at_++].value == "\\{";
    const int bars = std::exchange(bars_, 0);
    Maybe result;
    if (accept(escaped ? "\\}" : "}")) {
        result = escaped ? Maybe(tree_.add_named(Op::set, "", {})) : std::nullopt;
    } else if (escaped && (result = set_builder())) {
        if (!accept("\\}")) result = std::nullopt;
    } else {
        result = parts();
        if (result && peek() && (peek()->is_command("choose") || peek()->is_command("over"))) {
            const bool over = tokens_[at_++].value == "over";
            const Maybe below = sum();
            result = !below ? below
                     : over ? tree_.add(Op::multiply, {*result, tree_.add(Op::inverse, {*below})})
                            : tree_.add_named(Op::call, "binom", {*result, *below});
        }
        if (result && !accept("\\}") && !accept("}")) result = std::nullopt;
        const bool list = result && tree_.op(*result) == Op::list;
        if (list)
            result = tree_.add_named(Op::set, "", tree_.children(*result));
        else if (result && escaped)
            result = tree_.add_named(Op::set, "", {*result});
    }
    bars_ = bars;
    --depth_;
    return result;
}

/// x | condition, x ∈ R : condition. What the set is drawn from is not compared.
inline std::optional<NodeIndex> AnswerParser::set_builder() {
    std::size_t i = at_;
    if (!peek() || !peek()->is_letters() || peek()->value.size() != 1) return std::nullopt;
    ++i;
    if (i < tokens_.size() && tokens_[i].value == "in") {
        i += 2;
        if (i < tokens_.size() && tokens_[i - 1].is_command("mathbb")) ++i;
    }
    if (i >= tokens_.size() || !(tokens_[i].is('|') || tokens_[i].is(':'))) return std::nullopt;
    at_ = i + 1;
    return parts();
}

/// An argument of \frac, \sqrt or \binom: one atom, or anything in braces.
inline std::optional<NodeIndex> AnswerParser::argument() {
    if (!peek()) return std::nullopt;
    if (next_is("{")) {
        ++at_;
        const int bars = std::exchange(bars_, 0);
        const Maybe inner = sum();
        bars_ = bars;
        return inner && accept("}") ? inner : std::nullopt;
    }
    if (peek()->kind == Kind::number) {
        const auto value = decimal_value(tokens_[at_++].value, meter_);
        return value ? Maybe(tree_.add_number(*value)) : std::nullopt;
    }
    if (peek()->is_letters() && peek()->grouped && !is_maths_word(peek()->value))
        return all_letters();  // \frac{ab}{c}
    const bool negative = accept("-");
    Maybe value = atom();
    if (value && tree_.op(*value) == Op::variable && next_is("'")) return std::nullopt;
    return value && negative ? Maybe(tree_.negated(*value)) : value;
}

inline std::optional<NodeIndex> AnswerParser::fraction() {
    ++at_;
    if (++depth_ > meter_.budget().depth) return meter_.give_up(), std::nullopt;
    // \frac{dy}{dx} and \frac{d}{dt} are no quotients.
    const auto differential = [&](std::size_t i) {
        const AnswerToken* t = peek(i);
        if (t && t->is('{')) t = peek(i + 1);
        return t && t->is_letters() && t->value[0] == 'd' &&
               (t->value.size() == 2 || (t->value == "d" && !t->grouped));
    };
    const bool derivative = differential(0);
    const Maybe above = argument();
    if (!above) return above;
    const bool both = derivative && differential(0);
    const Maybe below = argument();
    if (!below) return below;
    --depth_;
    if (both) return tree_.add_named(Op::call, "derivative", {*above, *below});
    return tree_.add(Op::multiply, {*above, tree_.add(Op::inverse, {*below})});
}

/// \sqrt[3]{x}, \sqrt2, sqrt(x).
inline std::optional<NodeIndex> AnswerParser::root() {
    if (++depth_ > meter_.budget().depth) return meter_.give_up(), std::nullopt;
    Maybe index;
    if (accept("[")) {
        index = sum();
        if (!index || !accept("]")) return std::nullopt;
    }
    const Maybe inside = argument();
    --depth_;
    if (!inside) return inside;
    return tree_.add(Op::root, {*inside, index ? *index : tree_.add_number(2)});
}

}  // namespace gppo

#include <gppo/verify/function_grammar.hpp>
