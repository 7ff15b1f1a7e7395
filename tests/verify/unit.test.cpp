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
    CHECK(unit_text(answer_tokens("\\text{ cm}^{-3}")) == "cm^-3");
    CHECK(unit_text(answer_tokens("\\text{ miles per hour}")) == "mile/hour");
    CHECK(unit_text(answer_tokens("\\text{ square units}")) == "");
    CHECK(unit_text(answer_tokens(" m")) == "m");
    CHECK_FALSE(unit_text(answer_tokens(" m"), false));
    CHECK_FALSE(unit_text(answer_tokens("x")));
    CHECK_FALSE(unit_text(answer_tokens(" x")));
    CHECK_FALSE(unit_text(answer_tokens(" halves")));
    CHECK_FALSE(unit_text(answer_tokens(" apples 5")));
    CHECK_FALSE(unit_text(answer_tokens("^2")));
}

TEST_CASE("known units convert within their dimension", "[verify][unit]") {
    using gppo::match_units;
    using gppo::UnitMatch;
    CHECK(match_units("cm", "foot") == UnitMatch::convertible);
    CHECK(match_units("mile/hour", "mph") == UnitMatch::convertible);
    CHECK(match_units("square cm", "cm^2") == UnitMatch::convertible);
    CHECK(match_units("liter", "cubic cm") == UnitMatch::convertible);
    CHECK(match_units("cm", "second") == UnitMatch::different);
    CHECK(match_units("cm", "cm^2") == UnitMatch::different);
    CHECK(match_units("boy", "girl") == UnitMatch::unknown);
    CHECK(match_units("boy", "") == UnitMatch::same);
    CHECK(gppo::unit_value("foot^2")->numerator == 3048 * 3048);
    CHECK_FALSE(gppo::unit_value("km^9"));  // does not fit
    CHECK_FALSE(gppo::unit_value("mph mph mph"));
    CHECK_FALSE(gppo::unit_value("m/mph"));
    CHECK(gppo::unit_value("kph kph")->denominator == 3'600'000l * 3'600'000);
    CHECK_FALSE(gppo::find_unit("apple"));
    CHECK(gppo::number_word(answer_tokens("million")[0]) == 1'000'000);
}
