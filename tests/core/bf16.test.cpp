// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/core/bf16.hpp>

#include <cmath>
#include <limits>

TEST_CASE("bfloat16 survives a round trip for every bit pattern but NaN payloads", "[bf16]") {
    for (std::uint32_t bits = 0; bits < 0x10000u; ++bits) {
        const float value = gppo::bf16_to_float(static_cast<std::uint16_t>(bits));
        if (std::isnan(value))
            CHECK(std::isnan(gppo::bf16_to_float(gppo::float_to_bf16(value))));
        else
            CHECK(gppo::float_to_bf16(value) == bits);
    }
}

TEST_CASE("bfloat16 rounds to nearest, ties to even, and overflows to infinity", "[bf16]") {
    const auto rounded = [](float value) {
        return gppo::bf16_to_float(gppo::float_to_bf16(value));
    };
    CHECK(rounded(1.00390625f) == 1.0f);       // tie: the even neighbour is below
    CHECK(rounded(1.01171875f) == 1.015625f);  // tie: the even neighbour is above
    CHECK(rounded(1.0039064f) == 1.0078125f);  // just over a tie
    CHECK(rounded(3.4e38f) == std::numeric_limits<float>::infinity());
    CHECK(rounded(-3.4e38f) == -std::numeric_limits<float>::infinity());
}

TEST_CASE("a pair of bfloat16 has the first number in the lower half", "[bf16]") {
    const auto bits = static_cast<std::uint32_t>(gppo::bf16_pair(1.0f, -2.0f));
    CHECK(gppo::bf16_to_float(static_cast<std::uint16_t>(bits)) == 1.0f);
    CHECK(gppo::bf16_to_float(static_cast<std::uint16_t>(bits >> 16)) == -2.0f);
}
