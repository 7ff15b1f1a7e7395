// SPDX-License-Identifier: Apache-2.0
//
// The exact rational value of an answer such as -1.5, 2\frac{1}{2}, 0.\overline{3}, 2^{10} or
// (1+2)*3. Nothing is rounded. Work is bounded by budgets on depth and on bits, never by a timer.
#pragma once

#if !__has_include(<boost/multiprecision/cpp_int.hpp>)
#error "gppo/verify/exact_number.hpp needs Boost.Multiprecision headers: apt install libboost-dev"
#endif

#include <gppo/core/view.hpp>
#include <gppo/verify/answer_tokens.hpp>

#include <algorithm>
#include <boost/multiprecision/cpp_int.hpp>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace gppo {

using Integer = boost::multiprecision::cpp_int;
using Rational = boost::multiprecision::cpp_rational;

/// What one comparison may cost. The same input always meets the same limit.
struct ExactBudget {
    std::size_t length = 16'384;   ///< bytes of one answer
    int depth = 64;                ///< nested brackets
    std::size_t bits = 32'768;     ///< of a numerator or denominator
    std::size_t work = 4'000'000;  ///< sum over a comparison's operations of (1 + limbs)^2
};

/// Reads one exact value from the front of `tokens`. After value(), `used()` tokens were read; if
/// it gave nothing, `out_of_budget()` says whether that was for cost or because it is no rational.
/// `spent` counts the work; the readings of one comparison share it.
class ExactParser {
  public:
    ExactParser(AnswerTokens tokens, const ExactBudget& budget, std::size_t& spent)
        : tokens_(tokens), budget_(budget), spent_(spent) {}

    std::optional<Rational> value() { return sum(0); }
    std::size_t used() const { return at_; }
    bool out_of_budget() const { return out_of_budget_; }

  private:
    using Maybe = std::optional<Rational>;

    const AnswerToken* peek(std::size_t ahead = 0) const {
        return at_ + ahead < tokens_.size() ? &tokens_[at_ + ahead] : nullptr;
    }
    bool accept(char c) {
        if (!peek() || !peek()->is(c)) return false;
        ++at_;
        return true;
    }
    Maybe over_budget() {
        out_of_budget_ = true;
        return std::nullopt;
    }
    static std::size_t bits(const Integer& x) { return x == 0 ? 1 : msb(abs(x)) + 1; }
    static std::size_t bits(const Rational& x) {
        return std::max(bits(Integer(numerator(x))), bits(Integer(denominator(x))));
    }
    /// Pays for an operation whose operands and result have at most `size` bits.
    bool pay(std::size_t size) {
        const std::size_t limbs = 1 + size / 64;
        spent_ += limbs * limbs;
        out_of_budget_ = out_of_budget_ || size > budget_.bits || spent_ > budget_.work;
        return !out_of_budget_;
    }

    Maybe sum(int depth);
    Maybe product(int depth);
    Maybe power(int depth);
    Maybe primary(int depth);
    Maybe fraction(int depth);
    Maybe root(int depth);
    Maybe argument(int depth);
    Maybe literal(std::string_view text);
    Maybe repeating(std::string_view text);
    Maybe mixed(const Rational& whole);
    Maybe raised(const Rational& base, const Rational& exponent);
    Maybe factorial(const Rational& n);

    AnswerTokens tokens_;
    ExactBudget budget_;
    std::size_t& spent_;
    std::size_t at_ = 0;
    bool out_of_budget_ = false;
};

inline std::optional<Rational> ExactParser::sum(int depth) {
    if (depth > budget_.depth) return over_budget();
    const bool negative = accept('-');
    if (!negative) accept('+');
    Maybe total = product(depth);
    if (!total) return total;
    if (negative) *total = -*total;
    for (;;) {
        const bool minus = peek() && peek()->is('-');
        if (!minus && !(peek() && peek()->is('+'))) return total;
        ++at_;
        const Maybe next = product(depth);
        if (!next || !pay(bits(*total) + bits(*next) + 1)) return std::nullopt;
        *total = minus ? Rational(*total - *next) : Rational(*total + *next);
    }
}

inline std::optional<Rational> ExactParser::product(int depth) {
    Maybe total = power(depth);
    while (total && peek()) {
        const bool divide = peek()->is('/');
        if (divide || peek()->is('*'))
            ++at_;
        else if (!peek()->is('(') && !peek()->is_command("frac"))
            break;  // only brackets and fractions multiply without a sign
        const Maybe next = power(depth);
        if (!next || (divide && *next == 0)) return std::nullopt;
        if (!pay(bits(*total) + bits(*next))) return std::nullopt;
        *total = divide ? Rational(*total / *next) : Rational(*total * *next);
    }
    return total;
}

inline std::optional<Rational> ExactParser::power(int depth) {
    Maybe base = primary(depth);
    while (base && accept('!')) base = factorial(*base);
    const bool degrees = peek(1) && peek(1)->value == "degree";  // 30^\circ is 30, with a unit
    if (!base || degrees || !accept('^')) return base;
    const bool negative = accept('-');
    Maybe exponent = argument(depth);
    if (exponent && negative) *exponent = -*exponent;
    return exponent ? raised(*base, *exponent) : std::nullopt;
}

inline std::optional<Rational> ExactParser::primary(int depth) {
    if (!peek()) return std::nullopt;
    if (peek()->is('(') || peek()->is('{')) {
        const char close = peek()->is('(') ? ')' : '}';
        ++at_;
        const Maybe inner = sum(depth + 1);
        return inner && accept(close) ? inner : std::nullopt;
    }
    if (peek()->is_command("frac")) return fraction(depth);
    if (peek()->is_command("sqrt")) return root(depth);
    if (peek()->kind != AnswerToken::Kind::number) return std::nullopt;
    const std::string_view text = tokens_[at_++].value;
    if (peek() && peek()->is_command("overline")) return repeating(text);
    const Maybe number = literal(text);
    return number ? mixed(*number) : number;
}

/// An argument of \frac, \sqrt or ^: one number, or anything in braces.
inline std::optional<Rational> ExactParser::argument(int depth) {
    if (peek() && peek()->kind == AnswerToken::Kind::number) return literal(tokens_[at_++].value);
    return peek() && (peek()->is('{') || peek()->is('(') || peek()->is_command("frac"))
               ? primary(depth)
               : std::nullopt;
}

inline std::optional<Rational> ExactParser::fraction(int depth) {
    ++at_;
    if (depth >= budget_.depth) return over_budget();
    const Maybe above = argument(depth + 1);
    const Maybe below = above ? argument(depth + 1) : above;
    if (!below || *below == 0 || !pay(bits(*above) + bits(*below))) return std::nullopt;
    return Rational(*above / *below);
}

/// \sqrt of the square of a rational. Other roots are not rational.
inline std::optional<Rational> ExactParser::root(int depth) {
    ++at_;
    const Maybe square = argument(depth + 1);
    if (!square || *square < 0 || !pay(bits(*square))) return std::nullopt;
    const Integer above = sqrt(Integer(numerator(*square)));
    const Integer below = sqrt(Integer(denominator(*square)));
    const Rational result(above, below);
    return result * result == *square ? Maybe(result) : std::nullopt;
}

/// A whole number followed by a proper fraction is a mixed number: 2\frac{1}{2}, "2 1/2".
inline std::optional<Rational> ExactParser::mixed(const Rational& whole) {
    const bool latex = peek() && peek()->is_command("frac");
    const auto number = [&](std::size_t ahead) {
        const AnswerToken* t = peek(ahead);
        return t && t->kind == AnswerToken::Kind::number &&
               t->value.find_first_not_of("0123456789") == t->value.npos;
    };
    const bool plain =
        number(0) && peek()->space_before && peek(1) && peek(1)->is('/') && number(2);
    if (denominator(whole) != 1 || !(plain || (latex && number(1) && number(2)))) return whole;
    at_ += latex ? 1 : 0;
    const Maybe above = literal(tokens_[at_++].value);
    at_ += plain ? 1 : 0;
    const Maybe below = above ? literal(tokens_[at_++].value) : above;
    if (!below || *above >= *below || *above == 0) return std::nullopt;  // 2\frac{3}{2}: a product?
    if (!pay(bits(whole) + bits(*above) + bits(*below))) return std::nullopt;
    return Rational(whole + *above / *below);
}

inline std::optional<Rational> ExactParser::literal(std::string_view text) {
    const auto e = text.find_first_of("eE");
    const std::string_view mantissa = text.substr(0, e);
    const auto point = mantissa.find('.');
    std::string digits(mantissa.substr(0, point));
    if (point != mantissa.npos) digits += mantissa.substr(point + 1);
    // 10 bits for 3 digits, rounded up. Leading zeros would read as octal.
    if (!pay(digits.size() * 10 / 3 + 4)) return std::nullopt;
    digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size() - 1));
    Index scale = point == mantissa.npos ? 0 : -static_cast<Index>(mantissa.size() - point - 1);
    if (e != text.npos) {
        std::string_view power = text.substr(e + 1);
        const bool negative = power[0] == '-';
        if (negative || power[0] == '+') power.remove_prefix(1);
        if (power.size() > 6) return over_budget();
        scale += (negative ? -1 : 1) * static_cast<Index>(std::stol(std::string(power)));
    }
    const Integer whole(digits);
    if (scale == 0) return Rational(whole);
    const std::size_t size = static_cast<std::size_t>(scale < 0 ? -scale : scale);
    if (!pay(size * 10 / 3 + 4 + bits(whole))) return std::nullopt;
    const Integer ten = pow(Integer(10), static_cast<unsigned>(size));
    return scale < 0 ? Rational(whole, ten) : Rational(whole * ten);
}

/// "0.1" followed by \overline{6} is 1/6.
inline std::optional<Rational> ExactParser::repeating(std::string_view text) {
    const AnswerToken* period = peek(1);
    const bool plain = period && period->kind == AnswerToken::Kind::number &&
                       period->value.find_first_not_of("0123456789") == std::string::npos;
    const auto point = text.find('.');
    if (!plain || point == text.npos || text.find_first_of("eE") != text.npos) return std::nullopt;
    at_ += 2;
    const Maybe head = literal(text.back() == '.' ? std::string(text) + '0' : std::string(text));
    const Maybe repeat = head ? literal(period->value) : head;
    const std::size_t shift = text.size() - point - 1;
    if (!repeat || !pay((shift + period->value.size()) * 10 / 3 + bits(*head))) return std::nullopt;
    const Integer nines = pow(Integer(10), static_cast<unsigned>(period->value.size())) - 1;
    const Integer place = pow(Integer(10), static_cast<unsigned>(shift));
    return Rational(*head + *repeat / Rational(nines * place));
}

inline std::optional<Rational> ExactParser::raised(const Rational& base, const Rational& exponent) {
    if (denominator(exponent) != 1 || (base == 0 && exponent <= 0)) return std::nullopt;
    if (base == 0 || base == 1) return base;
    const Integer magnitude = abs(Integer(numerator(exponent)));
    if (base == -1) return Rational(magnitude % 2 == 0 ? 1 : -1);
    if (magnitude > budget_.bits) return over_budget();
    const auto n = magnitude.convert_to<unsigned>();
    if (!pay(bits(base) * n)) return std::nullopt;
    const Rational result(pow(Integer(numerator(base)), n), pow(Integer(denominator(base)), n));
    return exponent < 0 ? Rational(1 / result) : result;
}

inline std::optional<Rational> ExactParser::factorial(const Rational& n) {
    if (denominator(n) != 1 || n < 0) return std::nullopt;
    if (n > 1000) return over_budget();  // 1000! has 8530 bits
    Integer result = 1;
    const auto last = Integer(numerator(n)).convert_to<unsigned>();
    for (unsigned k = 2; k <= last; ++k) {
        if (!pay(bits(result) + 10)) return std::nullopt;
        result *= k;
    }
    return Rational(result);
}

}  // namespace gppo
