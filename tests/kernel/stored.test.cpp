// SPDX-License-Identifier: Apache-2.0
#include "kernel/finite_difference.hpp"

#include <gppo/kernel/stored.hpp>

#include <limits>

using namespace gppo;
using namespace gppo::test;

TEST_CASE("stochastic rounding goes up as often as its value says", "[kernel][stored]") {
    const std::uint64_t seed = random_seed();
    INFO("seed " << seed);
    std::vector<float> values = random_values(20, seed, 1, -100.0f, 100.0f);
    for (const float special : {0.0f, -0.0f, 1.0f, 1e-40f, -1e-40f, 3e38f, 1.00390625f})
        values.push_back(special);
    for (const float value : values) {
        CAPTURE(value);
        double total = 0;
        for (std::uint32_t random = 0; random < 0x10000u; ++random)
            total += static_cast<double>(bf16_to_float(float_to_bf16_stochastic(value, random)));
        const double mean = total / 0x10000;
        CHECK(std::abs(mean - static_cast<double>(value)) <=
              1e-12 * std::abs(static_cast<double>(value)));
    }
}

TEST_CASE("stochastic rounding keeps what bf16 has, infinities and NaN", "[kernel][stored]") {
    const float infinite = std::numeric_limits<float>::infinity();
    for (const std::uint32_t random : {0u, 1u, 0x7FFFu, 0xFFFFu, 0xFFFFFFFFu}) {
        CAPTURE(random);
        const auto rounded = [&](float x) {
            return bf16_to_float(float_to_bf16_stochastic(x, random));
        };
        for (const float exact : {0.0f, 1.0f, -1.5f, 0x1p-130f, infinite, -infinite})
            CHECK(rounded(exact) == exact);
        CHECK(std::isnan(rounded(std::numeric_limits<float>::quiet_NaN())));
        CHECK(std::isfinite(rounded(std::numeric_limits<float>::max())));
        CHECK(std::isfinite(rounded(std::numeric_limits<float>::lowest())));
    }
}

TEST_CASE("what is stored is read again, and slices are where they say", "[kernel][stored]") {
    std::vector<float> floats(4);
    std::vector<std::uint16_t> halves(4);
    StoredFp32{floats}.slice(1, 3).store(2, 0.1f, 7u);
    StoredBf16{halves}.slice(1, 3).store(2, 0.5f, 7u);
    CHECK(StoredFp32{floats}.load(3) == 0.1f);
    CHECK(StoredBf16{halves}.load(3) == 0.5f);
    CHECK(StoredBf16{halves}.slice(1, 3).size() == 3);
}
