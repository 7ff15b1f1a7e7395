// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/data/split.hpp>

#include <array>
#include <string>

using gppo::Split;

TEST_CASE("text_hash never changes, because splits on disk depend on it", "[data][split]") {
    CHECK(gppo::text_hash("") == 0xefd01f60ba992926u);
    CHECK(gppo::text_hash("12+34=") == 0xe66bdb7c89ae1575u);
    CHECK(gppo::text_hash("12+34=", 1) != gppo::text_hash("12+34="));
}

TEST_CASE("the split holds out the asked share of every last digit", "[data][split]") {
    // The trap: a linear hash modulo 10 held out exactly one last digit of every sum.
    std::array<int, 10> held{}, total{};
    for (int a = 10; a < 200; ++a)
        for (int b = a; b < 200; ++b) {
            const auto digit = static_cast<std::size_t>((a + b) % 10);
            const std::string text = std::to_string(a) + "+" + std::to_string(b) + "=";
            ++total[digit];
            held[digit] += gppo::split_of(text, 0.1) == Split::held_out;
        }
    for (std::size_t digit = 0; digit < 10; ++digit) {
        INFO("last digit " << digit);
        const double share = double(held[digit]) / total[digit];
        CHECK(share > 0.07);
        CHECK(share < 0.13);
    }
}

TEST_CASE("fractions 0 and 1 hold out nothing and everything", "[data][split]") {
    for (int i = 0; i < 1000; ++i) {
        CHECK(gppo::split_of(std::to_string(i), 0.0) == Split::train);
        CHECK(gppo::split_of(std::to_string(i), 1.0) == Split::held_out);
    }
}
