// SPDX-License-Identifier: Apache-2.0
#include "verify/parsed.hpp"

#include <gppo/verify/modular_value.hpp>

#include <string>

using gppo::Integer;
using gppo::ModularValue;
using gppo::NoResidue;
using gppo::Op;
using gppo::Prime;

namespace {

/// A random expression of x, y, small fractions, +, -, * and small powers.
std::string expression(const gppo::Philox& random, std::uint64_t seed, std::uint64_t& draw,
                       int depth) {
    const auto pick = random.below(depth > 0 ? 7 : 3, seed, draw++);
    const auto inner = [&] { return expression(random, seed, draw, depth - 1); };
    switch (pick) {
        case 0:
            return "x";
        case 1:
            return "y";
        case 2:
            return "(" + std::to_string(random.below(20, seed, draw++)) + "/7)";
        case 3:
            return "(" + inner() + "+" + inner() + ")";
        case 4:
            return "(" + inner() + "-" + inner() + ")";
        case 5:
            return "(" + inner() + ")(" + inner() + ")";
        default:
            return "(" + inner() + ")^{" + std::to_string(random.below(4, seed, draw++) + 1) + "}";
    }
}

}  // namespace

TEST_CASE("the primes are prime enough and i is a root of -1", "[verify][modular_value]") {
    Parsed p;
    for (const Prime& prime : gppo::identity_primes) {
        const ModularValue value(p.tree, p.meter, prime, 0);
        CHECK(prime.p % 4 == 1);
        CHECK(value.times(prime.i, prime.i) == prime.p - 1);
        for (const std::uint64_t a : {2u, 3u, 5u, 7u, 11u, 13u, 17u, 19u, 23u, 29u, 31u, 37u}) {
            // Miller and Rabin; these bases decide below 2^64.
            std::uint64_t d = prime.p - 1;
            int twos = 0;
            for (; d % 2 == 0; d /= 2) ++twos;
            std::uint64_t x = value.power(a, d);
            bool witness = x != 1 && x != prime.p - 1;
            for (int k = 1; k < twos && witness; ++k) {
                x = value.times(x, x);
                witness = x != prime.p - 1;
            }
            CHECK_FALSE(witness);
        }
    }
}

TEST_CASE("residues are a homomorphism of rings", "[verify][modular_value]") {
    const gppo::Philox random{43};
    for (std::uint64_t seed = 0; seed < 300; ++seed) {
        Parsed p;
        std::uint64_t draw = 0;
        const auto a = p.read(expression(random, seed, draw, 3));
        const auto b = p.read(expression(random, seed, draw, 3));
        const Prime& prime = gppo::identity_primes[seed % 2];
        const auto value = [&](gppo::NodeIndex at) {
            return *ModularValue(p.tree, p.meter, prime, seed)(at);
        };
        const std::uint64_t x = value(a), y = value(b);
        REQUIRE(value(p.tree.add(Op::add, {a, b})) == (x + y) % prime.p);
        REQUIRE(value(p.tree.negated(a)) == (prime.p - x) % prime.p);
        const ModularValue math(p.tree, p.meter, prime, seed);
        REQUIRE(value(p.tree.add(Op::multiply, {a, b})) == math.times(x, y));
        REQUIRE(value(p.tree.add(Op::power, {a, p.tree.add_number(3)})) == math.power(x, 3));
        if (y != 0) REQUIRE(math.times(value(p.tree.add(Op::inverse, {b})), y) == 1);
    }
}

TEST_CASE("residues agree with exact values", "[verify][modular_value]") {
    const gppo::Philox random{47};
    for (std::uint64_t i = 0; i < 300; ++i) {
        Parsed p;
        const gppo::Rational x = random_fraction(random, i, 0), y = random_fraction(random, i, 2);
        const auto at = p.read("(" + x.str() + ")^{5} - (" + y.str() + ")(" + x.str() + ")");
        ModularValue value(p.tree, p.meter, gppo::identity_primes[0], i);
        const gppo::Rational exact = *gppo::ExactValue(p.tree, p.meter).real(at);
        const auto residue = value(at);
        REQUIRE(residue);
        CHECK(value.times(*residue, value.residue(gppo::denominator_of(exact))) ==
              value.residue(gppo::numerator_of(exact)));
    }
}

TEST_CASE("huge powers cost no more than small ones", "[verify][modular_value]") {
    Parsed p;
    const auto tower = p.read("9^{9^{9}}"), other = p.read("9^{387420489}");
    const auto next = p.read("9^{9^{9}}+1");
    ModularValue value(p.tree, p.meter, gppo::identity_primes[0], 0);
    CHECK(*value(tower) == *value(other));
    CHECK(*value(tower) != *value(next));
    CHECK(p.meter.spent() < 20'000);
}

TEST_CASE("why there is no residue is said", "[verify][modular_value]") {
    const auto reason = [](std::string_view text) {
        Parsed p;
        ModularValue value(p.tree, p.meter, gppo::identity_primes[0], 0);
        CHECK_FALSE(value(p.read(text)));
        return value.reason();
    };
    CHECK(reason("\\frac{1}{x-x}") == NoResidue::pole);
    CHECK(reason("\\sqrt{2}") == NoResidue::not_rational);
    CHECK(reason("\\pi x") == NoResidue::not_rational);
    CHECK(reason("2^{x}") == NoResidue::not_rational);
    CHECK(reason("9^{9^{9^{9}}}") == NoResidue::too_large);
}
