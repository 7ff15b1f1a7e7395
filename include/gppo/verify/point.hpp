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
        const auto part = static_cast<long>((bits >> 8) % 1'048'573 + 1);  // of 2^20
        switch (kind) {
            case Kind::none:
                return std::nullopt;
            case Kind::integers:
                return Rational(static_cast<long>(3 + bits % 37));
            case Kind::unit:
                return Rational(part, 1 << 20);
            case Kind::positive:
                return Rational(part, 1 << 17);
            case Kind::mixed:
                return Rational((bits & 1 ? 1 : -1) * part, 1 << 18);
        }
        return std::nullopt;
    }
};

}  // namespace gppo
