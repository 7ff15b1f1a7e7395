// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/reward/length.hpp>

using namespace gppo;

TEST_CASE("the cosine goes from its start to its end by right and wrong", "[reward][length]") {
    constexpr CosineLength cosine;
    CHECK(cosine({.length = 0, .limit = 100, .right = true}) == 2.0f);
    CHECK(cosine({.length = 50, .limit = 100, .right = true}) == Approx(1.5));
    CHECK(cosine({.length = 99, .limit = 100, .right = true}) == Approx(1.0002).epsilon(1e-4));
    CHECK(cosine({.length = 0, .limit = 100}) == -10.0f);
    CHECK(cosine({.length = 50, .limit = 100}) == Approx(-5.0));
    CHECK(cosine({.length = 100, .limit = 100, .right = true}) == -10.0f);
    CHECK(cosine({.length = 7, .right = true}) == 2.0f);  // without a limit there is no curve
    CHECK(CosineLength{.longest = 14}({.length = 7, .limit = 100, .right = true}) == Approx(1.5));
}

TEST_CASE("with the paper's ends short is better when right and worse when wrong",
          "[reward][length]") {
    for (Index length = 1; length < 100; ++length) {
        CHECK(cosine_paper({.length = length - 1, .limit = 100, .right = true}) >
              cosine_paper({.length = length, .limit = 100, .right = true}));
        CHECK(cosine_paper({.length = length - 1, .limit = 100}) <
              cosine_paper({.length = length, .limit = 100}));
    }
}

TEST_CASE("open-r1's cosine has its own ends and no cliff", "[reward][length]") {
    constexpr CosineOpenR1 cosine;
    CHECK(cosine({.length = 0, .right = true}) == 1.0f);
    CHECK(cosine({.length = 500, .right = true}) == Approx(0.75));
    CHECK(cosine({.length = 1000, .right = true}) == 0.5f);
    CHECK(cosine({.length = 0}) == -1.0f);
    CHECK(cosine({.length = 1000}) == -0.5f);
    CHECK(cosine({.length = 5000}) == -0.5f);
    CHECK(CosineOpenR1{.longest = 0}({.length = 10, .limit = 20, .right = true}) == Approx(0.75));
}

TEST_CASE("Kimi's reward compares within the group and never pays for being wrong",
          "[reward][length]") {
    constexpr KimiLength kimi;
    CHECK(kimi({.length = 10, .shortest = 10, .longest = 30, .right = true}) == 0.5f);
    CHECK(kimi({.length = 20, .shortest = 10, .longest = 30, .right = true}) == 0.0f);
    CHECK(kimi({.length = 30, .shortest = 10, .longest = 30, .right = true}) == -0.5f);
    CHECK(kimi({.length = 10, .shortest = 10, .longest = 30}) == 0.0f);
    CHECK(kimi({.length = 30, .shortest = 10, .longest = 30}) == -0.5f);
    CHECK(kimi({.length = 10, .shortest = 10, .longest = 10, .right = true}) == 0.0f);
}
