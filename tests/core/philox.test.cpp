// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/core/philox.hpp>

#include <set>

using gppo::Philox;

// Known answers of the Random123 distribution (kat_vectors, philox4x32 10 rounds).
TEST_CASE("Philox gives the published known answers", "[core][philox]") {
    const auto zero = Philox{0}(0, 0);
    CHECK(zero == Philox::Words{{0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u}});
    const std::uint64_t ones = ~std::uint64_t{0};
    const auto all = Philox{ones}(ones, ones);
    CHECK(all == Philox::Words{{0x408f276du, 0x41c83b0eu, 0xa20bc7c6u, 0x6d5451fdu}});
}

TEST_CASE("uniform stays in [0, 1) with the right mean, and below stays below", "[core][philox]") {
    constexpr int n = 100'000;
    const Philox random{42};
    double total = 0;
    std::set<std::uint64_t> seen;
    for (std::uint64_t i = 0; i < n; ++i) {
        const float u = random.uniform(7, i);
        REQUIRE(u >= 0.0f);
        REQUIRE(u < 1.0f);
        total += static_cast<double>(u);
        const auto k = random.below(10, 8, i);
        REQUIRE(k < 10);
        seen.insert(k);
    }
    CHECK(std::abs(total / n - 0.5) < 0.005);
    CHECK(seen.size() == 10);
    CHECK(random.below(1, 0, 0) == 0);
}

TEST_CASE("different seeds, requests and positions give different numbers", "[core][philox]") {
    CHECK(Philox{1}(0, 0) != Philox{2}(0, 0));
    CHECK(Philox{1}(0, 0) != Philox{1}(1, 0));
    CHECK(Philox{1}(0, 0) != Philox{1}(0, 1));
}
