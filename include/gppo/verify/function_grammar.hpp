// SPDX-License-Identifier: Apache-2.0
//
// The part of AnswerParser that reads names: variables with their indices and accents, functions
// and their arguments, sums over an index, matrices.
#pragma once

#include <gppo/verify/answer_parser.hpp>

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gppo {

/// Commands that are letters.
inline constexpr std::array<std::string_view, 48> letter_commands{
    "alpha", "beta",     "gamma", "delta",   "epsilon", "varepsilon", "zeta",     "eta",
    "theta", "vartheta", "iota",  "kappa",   "lambda",  "mu",         "nu",       "xi",
    "rho",   "sigma",    "tau",   "upsilon", "phi",     "varphi",     "chi",      "psi",
    "omega", "Gamma",    "Delta", "Theta",   "Lambda",  "Xi",         "Pi",       "Sigma",
    "Phi",   "Psi",      "Omega", "ell",     "hbar",    "odot",       "triangle", "angle",
    "R",     "Z",        "N",     "Q",       "C",       "nabla",      "partial",  "varrho"};
inline constexpr std::array<std::string_view, 14> accent_commands{
    "hat",    "vec",     "bar",      "overline",  "tilde",
    "dot",    "ddot",    "widehat",  "widetilde", "overrightarrow",
    "mathbb", "mathcal", "mathfrak", "mathscr"};

/// One letter of a word, or a function that the word names.
inline std::optional<NodeIndex> AnswerParser::letters() {
    if (!peek() || !peek()->is_letters()) return std::nullopt;
    const AnswerToken& t = *peek();
    const std::string_view word = std::string_view(t.value).substr(letter_);
    if (letter_ == 0) {
        if (word == "pi") return ++at_, tree_.add(Op::pi, {});
        if (word == "inf" || word == "infinity" || word == "oo")
            return ++at_, tree_.add(Op::infinity, {});
        if (word == "sqrt") return ++at_, root();
        if (contains_name(function_names, word)) return ++at_, function(word);
        for (const std::string_view name : function_names)  // sinx
            if (name.size() > 1 && word.size() == name.size() + 1 && word.starts_with(name) &&
                name != "det" && name != "Re" && name != "Im")
                return letter_ = name.size(), function(name);
    }
    if (t.kind == Kind::text && word.size() > 1) return std::nullopt;  // words in a formula
    letter_ = word.size() > 1 ? letter_ + 1 : 0;
    if (letter_ == 0) ++at_;
    const bool marked = (letter_ == 0 && (next_is("_") || next_is("'"))) ||
                        indices_.find(word[0]) != std::string::npos;
    if (word[0] == 'e' && !marked) return tree_.add(Op::e, {});
    if (word[0] == 'i' && !marked) return tree_.add(Op::i, {});
    constexpr std::string_view callable = "fghFGH";
    return named(std::string(1, word[0]), callable.find(word[0]) != callable.npos);
}

/// All letters of the next word, as a product.
inline std::optional<NodeIndex> AnswerParser::all_letters() {
    const std::size_t end = at_ + 1;
    std::vector<NodeIndex> all;
    while (at_ < end) {
        const Maybe letter = letters();
        if (!letter) return letter;
        all.push_back(*letter);
    }
    return all.size() == 1 ? all[0] : tree_.add(Op::multiply, all);
}

/// The tokens of an index, as one text: 1, {n+1}, {\text{max}}.
inline std::string AnswerParser::index_text() {
    std::string text;
    if (!next_is("{")) return peek() ? tokens_[at_++].value : text;
    int open = 0;
    do {
        open += next_is("{") ? 1 : next_is("}") ? -1 : 0;
        if (!next_is("{") && !next_is("}")) text += peek()->value;
        ++at_;
    } while (open > 0 && peek());
    return text;
}

/// A variable with its index and primes, or a call of an unknown function.
inline std::optional<NodeIndex> AnswerParser::named(std::string name, bool may_be_called) {
    const auto prime = [&](std::size_t ahead) {
        return peek(ahead) && (peek(ahead)->is('\'') || peek(ahead)->value == "''");
    };
    while (letter_ == 0 && (next_is("_") || prime(0) || (next_is("^") && prime(1)))) {
        if (next_is("^")) ++at_;
        if (accept("_")) {
            name += '_';
            name += index_text();
        } else {
            name += tokens_[at_++].value;
        }
    }
    // I(0) is the value of a function, whatever its letter: nobody writes a product of two so, and
    // as one it would be 0.
    const bool of_number = peek(1) && peek(1)->kind == Kind::number && peek(2) && peek(2)->is(')');
    if (letter_ != 0 || !next_is("(") || !(may_be_called || of_number))
        return tree_.add_named(Op::variable, name);
    const Maybe argument = bracket();
    if (!argument) return argument;
    if (tree_.op(*argument) == Op::tuple)
        return tree_.add_named(Op::call, "opaque " + name, tree_.children(*argument));
    return tree_.add_named(Op::call, "opaque " + name, {*argument});
}

inline std::optional<NodeIndex> AnswerParser::command() {
    const std::string& name = peek()->value;
    if (name == "frac") return fraction();
    if (name == "sqrt") return ++at_, root();
    if (name == "begin") return matrix();
    if (name == "pi") return ++at_, tree_.add(Op::pi, {});
    if (name == "binom") {
        ++at_;
        if (++depth_ > meter_.budget().depth) return meter_.give_up(), std::nullopt;
        const Maybe n = argument(), k = n ? argument() : n;
        --depth_;
        return k ? Maybe(tree_.add_named(Op::call, "binom", {*n, *k})) : k;
    }
    if (contains_name(function_names, name)) return ++at_, function(name);
    if (contains_name(accent_commands, name)) return accented();
    if (contains_name(letter_commands, name)) return ++at_, named(name, false);
    return std::nullopt;
}

/// \vec{v}, \overline{AB}, \mathbb{R}: a name of its own.
inline std::optional<NodeIndex> AnswerParser::accented() {
    std::string name = tokens_[at_++].value;
    if (!peek()) return std::nullopt;
    if (name == "mathbb" && peek()->is_letters()) return named(tokens_[at_++].value, false);
    if (name == "bar") name = "overline";
    if (name.starts_with("wide")) name.erase(0, 4);
    if (name == "overrightarrow") name = "vec";
    name += ' ' + index_text();
    return named(std::move(name), false);
}

/// What a function name without brackets applies to: \sin 2x is \sin(2x), \sin x \cos x is not.
inline std::optional<NodeIndex> AnswerParser::function_argument() {
    if (letter_ == 0 && (next_is("(") || next_is("[") || next_is("{"))) return atom();
    std::vector<NodeIndex> factors;
    for (;;) {
        const Maybe next = power();
        if (!next) return next;
        factors.push_back(*next);
        const bool name = peek() && letter_ == 0 &&
                          (contains_name(function_names, peek()->value)) && peek()->value != "sqrt";
        const bool bracket = next_is("(") || next_is("[") || next_is("{") || next_is("|");
        if (name || bracket || !starts_factor()) break;
    }
    return factors.size() == 1 ? factors[0] : tree_.add(Op::multiply, factors);
}

/// \sin^2 x, \sin^{-1} x, \log_2 8, gcd(a, b). The name has been read.
inline std::optional<NodeIndex> AnswerParser::function(std::string_view name) {
    if (name == "sum" || name == "prod") return series(name);
    std::string canonical(name);
    if (name.starts_with("arc")) canonical.erase(1, 2);  // acos
    if (name == "ceiling") canonical = "ceil";
    if (name == "GCD" || name == "LCM") canonical = name == "GCD" ? "gcd" : "lcm";
    if (++depth_ > meter_.budget().depth) return meter_.give_up(), std::nullopt;
    Maybe base, raised;
    for (int k = 0; k < 2 && letter_ == 0; ++k) {
        if (next_is("_") && !base) {
            ++at_;
            base = argument();
            if (!base) return base;
        } else if (next_is("^") && !raised) {
            ++at_;
            raised = exponent();
            if (!raised) return raised;
        }
    }
    const bool inverse =
        raised && tree_.is_number(*raised, -1) && (name == "sin" || name == "cos" || name == "tan");
    if (inverse) canonical.insert(0, 1, 'a');
    const Maybe inside = function_argument();
    --depth_;
    if (!inside) return inside;
    NodeIndex result;
    if (tree_.op(*inside) == Op::tuple)
        result = tree_.add_named(Op::call, canonical, tree_.children(*inside));
    else if (base)
        result = tree_.add_named(Op::call, canonical, {*inside, *base});
    else
        result = tree_.add_named(Op::call, canonical, {*inside});
    return raised && !inverse ? tree_.add(Op::power, {result, *raised}) : result;
}

/// \sum_{k=1}^{n} body, as a call with children body, index, from, to.
inline std::optional<NodeIndex> AnswerParser::series(std::string_view name) {
    if (++depth_ > meter_.budget().depth) return meter_.give_up(), std::nullopt;
    if (!accept("_") || !accept("{")) return std::nullopt;
    if (!peek() || !peek()->is_letters() || peek()->value.size() != 1) return std::nullopt;
    indices_ += peek()->value;
    const Maybe index = letters();
    if (!index || !accept("=")) return std::nullopt;
    const Maybe from = sum();
    if (!from || !accept("}") || !accept("^")) return std::nullopt;
    const Maybe to = argument();
    if (!to) return to;
    const Maybe body = product();
    if (!body) return body;
    --depth_;
    indices_.pop_back();
    return tree_.add_named(Op::call, name, {*body, *index, *from, *to});
}

/// \begin{pmatrix} a & b \\ c & d \end{pmatrix}, and array with its column letters.
inline std::optional<NodeIndex> AnswerParser::matrix() {
    if (++depth_ > meter_.budget().depth || !peek(1)) return std::nullopt;
    const std::string kind = peek(1)->value;
    constexpr std::array<std::string_view, 7> kinds{"vmatrix", "matrix", "pmatrix",    "bmatrix",
                                                    "Bmatrix", "array",  "smallmatrix"};
    if (!contains_name(kinds, kind)) return std::nullopt;
    at_ += 2;
    if (kind == "array") index_text();
    std::vector<NodeIndex> entries;
    std::size_t columns = 0, row = 0;
    for (;;) {
        const bool end = peek() && peek()->is_command("end");
        if (end && row == 0 && columns > 0) break;  // \\ before \end
        const Maybe entry = statement();
        if (!entry) return entry;
        entries.push_back(*entry);
        ++row;
        if (accept("&")) continue;
        if (columns == 0) columns = row;
        if (row != columns) return std::nullopt;
        row = 0;
        if (!accept("\\\\")) break;
    }
    if (!peek() || !peek()->is_command("end")) return std::nullopt;
    at_ = std::min(at_ + 2, tokens_.size());
    --depth_;
    if (kind != "vmatrix") return tree_.add_matrix(entries, columns);
    const bool square = columns * columns == entries.size() && columns <= 4;
    return square ? Maybe(determinant(entries, columns)) : std::nullopt;
}

/// The determinant by its first row, for at most four rows.
inline NodeIndex AnswerParser::determinant(const std::vector<NodeIndex>& entries,
                                           std::size_t size) {
    if (size == 1) return entries[0];
    std::vector<NodeIndex> terms;
    for (std::size_t k = 0; k < size; ++k) {
        std::vector<NodeIndex> minor;
        for (std::size_t i = size; i < entries.size(); ++i)
            if (i % size != k) minor.push_back(entries[i]);
        const NodeIndex term = tree_.add(Op::multiply, {entries[k], determinant(minor, size - 1)});
        terms.push_back(k % 2 == 0 ? term : tree_.negated(term));
    }
    return tree_.add(Op::add, terms);
}

}  // namespace gppo
