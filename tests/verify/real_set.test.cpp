// SPDX-License-Identifier: Apache-2.0
#include "verify/parsed.hpp"

#include <gppo/verify/real_set.hpp>

#include <string>

using gppo::RealSets;
using gppo::ScalarEquality;

namespace {

/// Whether two sets are the same; nothing if one cannot be read.
std::optional<bool> same_set(const std::string& a, const std::string& b) {
    Parsed p;
    ScalarEquality scalars(p.tree, p.meter);
    RealSets sets(p.tree, p.meter, scalars);
    const auto u = p.try_read(a), v = p.try_read(b);
    if (!u || !v) return std::nullopt;
    const auto x = sets.read(*u), y = sets.read(*v);
    return x && y ? sets.equal(*x, *y) : std::nullopt;
}

/// A random union of up to three intervals with ends in 0..9.
std::string random_set(const gppo::Philox& random, std::uint64_t i, std::uint64_t from) {
    std::string text;
    const auto n = random.below(3, i, from) + 1;
    for (std::uint64_t k = 0; k < n; ++k) {
        const auto draw = [&](std::uint64_t most, std::uint64_t j) {
            return random.below(most, i, from + 10 * k + j);
        };
        const auto low = draw(9, 1), high = low + draw(4, 2);
        if (k > 0) text += "\\cup";
        text += (draw(2, 3) ? "[" : "(") + std::to_string(low) + "," + std::to_string(high) +
                (draw(2, 4) ? "]" : ")");
    }
    return text;
}

}  // namespace

TEST_CASE("unions, intersections and differences keep their laws", "[verify][real_set]") {
    const gppo::Philox random{67};
    for (std::uint64_t i = 0; i < 300; ++i) {
        const std::string a = random_set(random, i, 0), b = random_set(random, i, 100);
        const std::string c = "[" + std::to_string(random.below(9, i, 200)) + ",20)";
        INFO(a << " and " << b << " and " << c);
        // Both sides from the left, since there are no brackets between sets.
        REQUIRE(same_set(a + "\\cup" + b, b + "\\cup" + a) == true);
        REQUIRE(same_set(a + "\\cup" + a, a) == true);
        REQUIRE(same_set(a + "\\cap" + c, a + "\\cap" + c + "\\cap" + c) == true);
        REQUIRE(same_set(a + "\\setminus" + c + "\\cap" + c, "\\emptyset") == true);
        REQUIRE(same_set(a + "\\cup" + b + "\\cap (-\\infty,\\infty)", b + "\\cup" + a) == true);
        // A = (A ∖ C) ∪ (A ∩ C), and [0, 100) ∖ C ∖ ... : De Morgan with C an interval.
        REQUIRE(same_set(a + "\\setminus" + c, a + "\\cap (-\\infty," +
                                                   c.substr(1, c.find(',') - 1) +
                                                   ")\\cup [20,20)") == true);
    }
}

TEST_CASE("one set in many notations is the same", "[verify][real_set]") {
    const char* sets[][2]{
        {"(-\\infty,2)\\cup(3,\\infty)", "\\mathbb{R}\\setminus[2,3]"},
        {"[1,2]\\cup[2,3]", "[1,3]"},
        {"(1,2]\\cup(2,3)", "(1,3)"},
        {"(1,5)\\setminus\\{2\\}", "(1,2)\\cup(2,5)"},
        {"\\{2\\}\\cup(2,3)", "[2,3)"},
        {"[\\sqrt{2},2]", "[\\frac{2}{\\sqrt{2}},\\sqrt{4}]"},
        {"(2,1)", "\\emptyset"},
        {"[1,1]", "\\{1\\}"},
        {"[1,1)", "\\emptyset"},
    };
    for (const auto& [a, b] : sets) {
        INFO(a << " and " << b);
        CHECK(same_set(a, b) == true);
        CHECK(same_set(b, a) == true);
    }
}

TEST_CASE("an end more or less is another set", "[verify][real_set]") {
    CHECK(same_set("(1,2)", "[1,2)") == false);
    CHECK(same_set("(1,2)\\cup(2,3)", "(1,3)") == false);
    CHECK(same_set("(-\\infty,2)", "(-\\infty,2]") == false);
    CHECK(same_set("(0,\\sqrt{2})", "(0,1.41421356)") == false);
    CHECK_FALSE(same_set("(1,2)", "(1,x)"));  // an end that cannot be compared
    CHECK_FALSE(same_set("(1,2,3)", "(1,2)"));
}
