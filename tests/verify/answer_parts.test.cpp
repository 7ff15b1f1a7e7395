// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/verify/answer_parts.hpp>

using gppo::answer_tokens;

TEST_CASE("elements are split at commas outside brackets", "[verify][answer_parts]") {
    const auto tokens = answer_tokens("(1, (2, 3), 4)");
    const auto parts = gppo::elements(tokens);
    CHECK(parts.open == "(");
    CHECK(parts.close == ")");
    CHECK(parts.items.size() == 3);
    const auto bare = answer_tokens("1, 2, and 3");
    CHECK(gppo::elements(bare).items.size() == 3);
    CHECK(gppo::elements(bare).open.empty());
    const auto set = answer_tokens("{1, 2}");
    CHECK(gppo::elements(set).open == "\\{");
    const auto product = answer_tokens("(1)(2)");
    CHECK(gppo::elements(product).open.empty());
}

TEST_CASE("brackets around one value go, around a tuple stay", "[verify][answer_parts]") {
    const auto one = answer_tokens("((5))"), two = answer_tokens("(1, 2)"),
               square = answer_tokens("[5]");
    CHECK(gppo::unwrapped(one).size() == 1);
    CHECK(gppo::unwrapped(two).size() == 5);
    CHECK(gppo::unwrapped(square).size() == 3);
}

TEST_CASE("an assignment has a name, an equation has none", "[verify][answer_parts]") {
    const auto named = answer_tokens("f(x) = 2x + 1"), equation = answer_tokens("2x + 1 = 5");
    CHECK(gppo::assignment(named).name.size() == 4);
    CHECK(gppo::assignment(named).value.size() == 4);
    CHECK(gppo::assignment(equation).name.empty());
    CHECK(gppo::assignment(equation).value.size() == equation.size());
}

TEST_CASE("a quantity is a value, percent and unit", "[verify][answer_parts]") {
    std::size_t spent = 0;
    bool out_of_budget = false;
    const auto read = [&](const char* text) {
        const auto tokens = answer_tokens(text);
        return gppo::quantity(tokens, {}, spent, out_of_budget);
    };
    CHECK(read("12.5\\%")->percent);
    CHECK(read("3 million dollars")->value == 3'000'000);
    CHECK(read("3 million dollars")->unit == "dollar");
    CHECK_FALSE(read("3x"));
    CHECK_FALSE(out_of_budget);
}
