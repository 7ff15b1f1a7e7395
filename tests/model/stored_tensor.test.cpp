// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/model/stored_tensor.hpp>

#include <cmath>
#include <limits>

TEST_CASE("binary16 reads as IEEE 754 says, for every bit pattern", "[stored_tensor]") {
    for (std::uint32_t bits = 0; bits < 0x10000u; ++bits) {
        const double sign = bits & 0x8000u ? -1 : 1;
        const int exponent = static_cast<int>((bits >> 10) & 31u);
        const double mantissa = bits & 0x3FFu;
        const float value = gppo::f16_to_float(static_cast<std::uint16_t>(bits));
        if (exponent == 31 && mantissa > 0) {
            CHECK(std::isnan(value));
        } else if (exponent == 31) {
            CHECK(value == sign * std::numeric_limits<double>::infinity());
        } else {
            const double expected = exponent == 0 ? std::ldexp(mantissa, -24)
                                                  : std::ldexp(1024 + mantissa, exponent - 25);
            CHECK(value == sign * expected);
        }
    }
}

TEST_CASE("binary16 survives a round trip, and rounds to nearest, ties to even",
          "[stored_tensor]") {
    for (std::uint32_t bits = 0; bits < 0x10000u; ++bits) {
        const float value = gppo::f16_to_float(static_cast<std::uint16_t>(bits));
        if (std::isnan(value))
            CHECK(std::isnan(gppo::f16_to_float(gppo::float_to_f16(value))));
        else
            CHECK(gppo::float_to_f16(value) == bits);
        if (bits >= 0x7BFFu) continue;
        // Halfway to the next: the even one; a little off: the nearer one.
        const float next = gppo::f16_to_float(static_cast<std::uint16_t>(bits + 1));
        const float half = 0.5f * (value + next);
        CHECK(gppo::float_to_f16(half) == (bits % 2 == 0 ? bits : bits + 1));
        CHECK(gppo::float_to_f16(std::nextafter(half, next)) == bits + 1);
        CHECK(gppo::float_to_f16(std::nextafter(half, value)) == bits);
        CHECK(gppo::float_to_f16(-half) == (0x8000u | (bits % 2 == 0 ? bits : bits + 1)));
    }
    CHECK(gppo::float_to_f16(65519.0f) == 0x7BFFu);
    CHECK(gppo::float_to_f16(65520.0f) == 0x7C00u);
    CHECK(gppo::float_to_f16(1e-30f) == 0);
}

TEST_CASE("read_as_float takes unaligned bytes of three dtypes and refuses others",
          "[stored_tensor]") {
    const std::string bytes("x\x00\x00\x80\x3F\x00\x3C", 7);
    const std::string_view data(bytes);
    float out[2] = {0, 0};
    gppo::read_as_float({"a", "F32", {1}, data.substr(1, 4)}, {out, 1});
    CHECK(out[0] == 1.0f);
    gppo::read_as_float({"a", "BF16", {1}, data.substr(3, 2)}, {out, 1});
    CHECK(out[0] == 1.0f);
    gppo::read_as_float({"a", "F16", {1}, data.substr(5, 2)}, {out, 1});
    CHECK(out[0] == 1.0f);
    CHECK_THROWS_WITH(gppo::read_as_float({"w", "I32", {1}, data.substr(1, 4)}, {out, 1}),
                      "tensor 'w' has dtype I32; only F32, BF16 and F16 weights can be read");
    CHECK_THROWS_AS(gppo::read_as_float({"w", "F32", {2}, data.substr(1, 4)}, {out, 2}),
                    gppo::Error);
}

TEST_CASE("one value that is not finite is seen anywhere", "[stored_tensor]") {
    for (const float bad : {std::numeric_limits<float>::infinity(), std::nanf(""),
                            -std::numeric_limits<float>::infinity()})
        for (const std::size_t size : {1u, 7u, 100u})
            for (std::size_t at = 0; at < size; ++at) {
                std::vector<float> values(size, std::numeric_limits<float>::max());
                REQUIRE(gppo::all_finite(values));
                values[at] = bad;
                REQUIRE_FALSE(gppo::all_finite(values));
            }
    CHECK(gppo::all_finite(gppo::View<const float>{}));
}
