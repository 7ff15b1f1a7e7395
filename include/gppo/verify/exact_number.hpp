// SPDX-License-Identifier: Apache-2.0
//
// Exact integers and rationals and the literals that stand for them: 12.5, 1e3, 0.1(6), 203_7.
// Nothing is rounded. Every operation that can grow pays a Meter before it computes.
#pragma once

#if !__has_include(<boost/multiprecision/cpp_int.hpp>)
#error "gppo/verify/exact_number.hpp needs Boost.Multiprecision headers: apt install libboost-dev"
#endif

#include <gppo/core/view.hpp>
#include <gppo/verify/maths_budget.hpp>

#include <algorithm>
#include <boost/multiprecision/cpp_int.hpp>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace gppo {

using Integer = boost::multiprecision::number<boost::multiprecision::cpp_int_backend<>,
                                              boost::multiprecision::et_off>;
using Rational = boost::multiprecision::number<boost::multiprecision::cpp_rational_backend,
                                               boost::multiprecision::et_off>;

inline std::size_t bit_count(const Integer& x) {
    return x == 0 ? 1 : static_cast<std::size_t>(msb(x < 0 ? Integer(-x) : x)) + 1;
}
inline Integer numerator_of(const Rational& x) {
    return numerator(x);
}
inline Integer denominator_of(const Rational& x) {
    return denominator(x);
}
inline std::size_t bit_count(const Rational& x) {
    return std::max(bit_count(numerator_of(x)), bit_count(denominator_of(x)));
}
inline bool is_integer(const Rational& x) {
    return denominator_of(x) == 1;
}
/// The value if it is an integer of at most `limit` in magnitude.
inline std::optional<long> small_integer(const Rational& x, long limit = 1'000'000'000) {
    if (!is_integer(x) || x > limit || x < -limit) return std::nullopt;
    return numerator_of(x).convert_to<long>();
}

/// The largest integer that is not above x.
inline Integer floor_of(const Rational& x) {
    const Integer n = numerator_of(x), d = denominator_of(x);
    const Integer q = n / d;
    return n < 0 && q * d != n ? Integer(q - 1) : q;
}

/// floor(sqrt(n)) for n >= 0, by Newton's method from above.
inline Integer integer_sqrt(const Integer& n) {
    if (n <= 1) return n;
    Integer x = Integer(1) << ((bit_count(n) + 1) / 2);
    for (;;) {
        Integer next = (x + n / x) >> 1;
        if (next >= x) return x;
        x = std::move(next);
    }
}

/// floor of the k-th root of n >= 0, k >= 1; the caller has paid for bit_count(n).
inline Integer integer_root(const Integer& n, unsigned k) {
    if (n <= 1 || k == 1) return n;
    if (k == 2) return integer_sqrt(n);
    if (bit_count(n) <= k) return 1;
    Integer x = Integer(1) << (bit_count(n) / k + 1);
    for (;;) {
        Integer next = (x * (k - 1) + n / pow(x, k - 1)) / k;
        if (next >= x) return x;
        x = std::move(next);
    }
}

/// base^n for an integer n, if it fits the budget.
inline std::optional<Rational> integer_power(const Rational& base, const Integer& n, Meter& meter) {
    if (base == 0) return n > 0 ? std::optional(Rational(0)) : std::nullopt;
    if (base == 1) return base;
    const Integer magnitude = n < 0 ? Integer(-n) : n;
    if (base == -1) return Rational(magnitude % 2 == 0 ? 1 : -1);
    if (magnitude > meter.budget().bits) return meter.give_up(), std::nullopt;
    const auto k = magnitude.convert_to<unsigned>();
    if (!meter.pay(bit_count(base) * std::max(1u, k))) return std::nullopt;
    const Rational result(pow(numerator_of(base), k), pow(denominator_of(base), k));
    return n < 0 ? Rational(1 / result) : result;
}

/// n! for n >= 0 within the budget, or n!! (every second factor) for step 2.
inline std::optional<Rational> factorial_of(const Rational& n, Meter& meter, long step = 1) {
    const auto last = small_integer(n);
    if (!is_integer(n) || n < 0) return std::nullopt;
    if (!last || *last > 2500) return meter.give_up(), std::nullopt;  // 2500! has 24,638 bits
    Integer result = 1;
    for (long k = *last; k > 1; k -= step) {
        if (!meter.spend(10 + bit_count(result) / 64)) return std::nullopt;
        result *= k;
    }
    return Rational(result);
}

/// Digits in `base` (up to 36, letters are digits from ten), with at most one point.
inline std::optional<Rational> digits_value(std::string_view text, unsigned base, Meter& meter) {
    Integer value = 0, scale = 1;
    bool point = false, any = false;
    if (!meter.pay(text.size() * 6 + 8)) return std::nullopt;
    if (base == 10) {
        std::string digits(text);
        const auto dot = digits.find('.');
        if (dot != digits.npos) digits.erase(dot, 1);
        if (digits.empty() || digits.find_first_not_of("0123456789") != digits.npos)
            return std::nullopt;
        const std::size_t places = dot == text.npos ? 0 : text.size() - dot - 1;
        // Leading zeros would read as octal.
        digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size() - 1));
        if (places == 0) return Rational(Integer(digits));
        return Rational(Integer(digits), pow(Integer(10), static_cast<unsigned>(places)));
    }
    for (const char c : text) {
        if (c == '.' && !point) {
            point = true;
            continue;
        }
        const bool digit = c >= '0' && c <= '9';
        const bool upper = c >= 'A' && c <= 'Z', lower = c >= 'a' && c <= 'z';
        const int d = digit ? c - '0' : upper ? c - 'A' + 10 : lower ? c - 'a' + 10 : 99;
        if (d >= static_cast<int>(base)) return std::nullopt;
        value = value * base + d;
        if (point) scale *= base;
        any = true;
    }
    return any ? std::optional(Rational(value, scale)) : std::nullopt;
}

/// A decimal literal with an optional exponent: "12", ".5", "1.5e-3".
inline std::optional<Rational> decimal_value(std::string_view text, Meter& meter) {
    const auto e = text.find_first_of("eE");
    const auto mantissa = digits_value(text.substr(0, e), 10, meter);
    if (!mantissa || e == text.npos) return mantissa;
    std::string_view power = text.substr(e + 1);
    const bool negative = power[0] == '-';
    if (negative || power[0] == '+') power.remove_prefix(1);
    if (power.size() > 6) return meter.give_up(), std::nullopt;
    const long size = std::stol(std::string(power));
    const auto scale = integer_power(Rational(10), Integer(negative ? -size : size), meter);
    return scale ? std::optional(Rational(*mantissa * *scale)) : std::nullopt;
}

/// head followed for ever by the digits of `period`: "0.1" and "6" is 1/6. head has a point.
inline std::optional<Rational> repeating_value(std::string_view head, std::string_view period,
                                               Meter& meter) {
    const auto point = head.find('.');
    if (point == head.npos || head.find_first_of("eE") != head.npos) return std::nullopt;
    const auto start = digits_value(head, 10, meter), repeat = digits_value(period, 10, meter);
    const std::size_t shift = head.size() - point - 1;
    if (!start || !repeat || !meter.pay((shift + period.size()) * 4)) return std::nullopt;
    const Integer nines = pow(Integer(10), static_cast<unsigned>(period.size())) - 1;
    const Integer place = pow(Integer(10), static_cast<unsigned>(shift));
    return Rational(*start + *repeat / Rational(nines * place));
}

}  // namespace gppo
