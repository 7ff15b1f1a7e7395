// SPDX-License-Identifier: Apache-2.0
//
// The value of a rational expression modulo a 61-bit prime at a pseudo-random point. Two rational
// functions that differ at one point are different; two that agree at some points modulo two primes
// are equal but for a chance below 2^-100 (Schwartz 1980, Zippel 1979). Huge powers cost no more
// than small ones.
#pragma once

#include <gppo/verify/exact_value.hpp>

#include <array>
#include <cstdint>
#include <optional>

namespace gppo {

/// A prime p = 1 mod 4 with a square root of -1, which stands for i.
struct Prime {
    std::uint64_t p, i;
};
/// Not special primes, so that no answer meets them by chance.
inline constexpr std::array<Prime, 2> identity_primes{
    {{2161680646064315281u, 237753232648628154u}, {1419792049832358913u, 613225903487470049u}}};

/// Why there is no value. A pole may be one of the point only; the others are of the expression.
enum class NoResidue { none, pole, not_rational, too_large };

/// Evaluates nodes of one tree modulo one prime at the point number `index`.
class ModularValue {
  public:
    ModularValue(const Expression& tree, Meter& meter, const Prime& prime, std::uint64_t index)
        : tree_(tree), meter_(meter), prime_(prime), index_(index) {}

    std::optional<std::uint64_t> operator()(NodeIndex at) { return value(at); }
    NoResidue reason() const { return reason_; }

    std::uint64_t times(std::uint64_t a, std::uint64_t b) const {
        __extension__ using Wide = unsigned __int128;
        return static_cast<std::uint64_t>(static_cast<Wide>(a) * b % prime_.p);
    }
    std::uint64_t power(std::uint64_t base, std::uint64_t n) const {
        std::uint64_t result = 1;
        for (; n > 0; n >>= 1, base = times(base, base))
            if (n & 1) result = times(result, base);
        return result;
    }
    std::uint64_t residue(const Integer& n) const {
        Integer r = n % prime_.p;
        if (r < 0) r += prime_.p;
        return r.convert_to<std::uint64_t>();
    }

  private:
    using Maybe = std::optional<std::uint64_t>;

    Maybe none(NoResidue reason) {
        reason_ = reason;
        return std::nullopt;
    }
    Maybe inverse(std::uint64_t x) {
        return x == 0 ? none(NoResidue::pole) : Maybe(power(x, prime_.p - 2));
    }
    Maybe rational(const Rational& x) {
        const Maybe below = inverse(residue(denominator_of(x)));
        return below ? Maybe(times(residue(numerator_of(x)), *below)) : below;
    }
    Maybe value(NodeIndex at);
    Maybe raised(NodeIndex at);
    Maybe product(NodeIndex at) {
        std::uint64_t total = 1;
        for (const NodeIndex c : tree_.children(at)) {
            const Maybe x = value(c);
            if (!x) return x;
            total = times(total, *x);
        }
        return total;
    }

    const Expression& tree_;
    Meter& meter_;
    Prime prime_;
    std::uint64_t index_;
    NoResidue reason_ = NoResidue::none;
};

inline std::optional<std::uint64_t> ModularValue::value(NodeIndex at) {
    if (!meter_.spend(20)) return none(NoResidue::too_large);
    switch (tree_.op(at)) {
        case Op::number:
            return rational(tree_.number(at));
        case Op::i:
            return prime_.i;
        case Op::variable:
            return mixed_bits(tree_[at].hash ^ mixed_bits(index_ + 1)) % prime_.p;
        case Op::add: {
            std::uint64_t total = 0;
            for (const NodeIndex c : tree_.children(at)) {
                const Maybe x = value(c);
                if (!x) return x;
                total = (total + *x) % prime_.p;
            }
            return total;
        }
        case Op::multiply:
            return product(at);
        case Op::negate: {
            const Maybe x = value(tree_.child(at));
            return x ? Maybe((prime_.p - *x) % prime_.p) : x;
        }
        case Op::inverse: {
            const Maybe x = value(tree_.child(at));
            return x ? inverse(*x) : x;
        }
        case Op::percent: {
            const Maybe x = value(tree_.child(at)), hundred = inverse(100);
            return x ? Maybe(times(*x, *hundred)) : x;
        }
        case Op::power:
            return raised(at);
        case Op::text:
            return tree_[at].count == 1 ? value(tree_.child(at)) : none(NoResidue::not_rational);
        case Op::root:
        case Op::factorial:
        case Op::call: {
            const auto exact = ExactValue(tree_, meter_)(at);
            if (meter_.exhausted()) return none(NoResidue::too_large);
            if (!exact || !exact->is_real()) return none(NoResidue::not_rational);
            return rational(exact->re);
        }
        default:
            return none(NoResidue::not_rational);
    }
}

/// A power whose exponent is a whole number that is known exactly.
inline std::optional<std::uint64_t> ModularValue::raised(NodeIndex at) {
    const auto n = ExactValue(tree_, meter_)(tree_.child(at, 1));
    if (meter_.exhausted()) return none(NoResidue::too_large);
    if (!n || !n->is_real()) return none(NoResidue::not_rational);
    if (!is_integer(n->re)) {
        const auto exact = ExactValue(tree_, meter_)(at);
        return exact && exact->is_real() ? rational(exact->re) : none(NoResidue::not_rational);
    }
    const Maybe base = value(tree_.child(at));
    if (!base) return base;
    if (*base == 0) {
        if (n->re > 0) return std::uint64_t{0};
        return none(NoResidue::pole);
    }
    Integer exponent = numerator_of(n->re) % (prime_.p - 1);
    if (exponent < 0) exponent += prime_.p - 1;
    return power(*base, exponent.convert_to<std::uint64_t>());
}

}  // namespace gppo
