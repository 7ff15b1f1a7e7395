// SPDX-License-Identifier: Apache-2.0
//
// Where expressions with variables are evaluated to test an identity.
#pragma once

#include <gppo/verify/expression.hpp>

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace gppo {

/// Values for variables, from a fixed pseudo-random sequence: the same name gets the same value at
/// the same point, in every comparison.
struct Point {
    enum class Kind { none, integers, unit, positive, mixed };
    Kind kind = Kind::none;
    std::uint64_t index = 0;
    std::vector<std::pair<std::uint64_t, Rational>> bound;  // indices of sums

    std::optional<Rational> value(std::uint64_t name) const {
        for (auto at = bound.rbegin(); at != bound.rend(); ++at)
            if (at->first == name) return at->second;
        const std::uint64_t bits = mixed_bits(name ^ mixed_bits(index + 77));
        long n = static_cast<long>((bits >> 8) % 1'048'573 + 1), d = 1;  // n < 2^20
        switch (kind) {
            case Kind::none:
                return std::nullopt;
            case Kind::integers:
                n = static_cast<long>(3 + bits % 37);
                break;
            case Kind::unit:
                d = 1 << 20;
                break;
            case Kind::positive:
                d = 1 << 17;
                break;
            case Kind::mixed:
                d = 1 << 18;
                if ((bits & 1) == 0) n = -n;
                break;
        }
        return Rational(Integer(n), Integer(d));
    }
};

}  // namespace gppo
