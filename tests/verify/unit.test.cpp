// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/verify/unit.hpp>

using gppo::answer_tokens;
using gppo::unit_text;

TEST_CASE("units are words that cannot be variables", "[verify][unit]") {
    CHECK(unit_text(answer_tokens("\\text{ cm}")) == "cm");
    CHECK(unit_text(answer_tokens(" apples")) == "apple");
    CHECK(unit_text(answer_tokens("\\text{ square inches}")) == "square inche");
    CHECK(unit_text(answer_tokens("\\text{miles}/\\text{hour}")) == "mile/hour");
    CHECK(unit_text(answer_tokens("\\text{cm}^2")) == "cm^2");
    CHECK(unit_text(answer_tokens("^\\circ")) == "degree");
    CHECK_FALSE(unit_text(answer_tokens("x")));
    CHECK_FALSE(unit_text(answer_tokens(" x")));
    CHECK_FALSE(unit_text(answer_tokens(" halves")));
    CHECK_FALSE(unit_text(answer_tokens(" apples 5")));
    CHECK_FALSE(unit_text(answer_tokens("^2")));
}

TEST_CASE("known units convert within their dimension", "[verify][unit]") {
    const auto cm = gppo::find_unit("cm"), foot = gppo::find_unit("foot");
    REQUIRE((cm && foot));
    CHECK(cm->dimension == foot->dimension);
    CHECK(foot->numerator * cm->denominator * 100 == 3048 * 10'000 / 100 * cm->numerator * 100);
    CHECK_FALSE(gppo::find_unit("apple"));
    CHECK(gppo::number_word(answer_tokens("million")[0]) == 1'000'000);
}
