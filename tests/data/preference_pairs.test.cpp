// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/data/preference_pairs.hpp>

#include <set>
#include <utility>
#include <vector>

using namespace gppo;

TEST_CASE("a pair is two answers whose pass rates are far apart", "[data][preference_pairs]") {
    const std::vector<float> rates{1.0f, 0.75f, 0.5f, 0.0f, 0.875f};
    using Pairs = std::vector<std::pair<Index, Index>>;
    CHECK(preference_pairs(rates, {}, 1, 0) == Pairs{{0, 2}, {0, 3}, {4, 3}});
    CHECK(preference_pairs(rates, {.gap = 0.9f}, 1, 0) == Pairs{{0, 3}});
    CHECK(preference_pairs(rates, {.gap = 0.2f, .chosen_from = 0.7f, .most = 0}, 1, 0) ==
          Pairs{{0, 1}, {0, 2}, {0, 3}, {1, 2}, {1, 3}, {4, 2}, {4, 3}});
    const std::vector<float> alike(5, 1.0f);
    CHECK(preference_pairs(alike, {}, 1, 0).empty());
    CHECK(preference_pairs(View<const float>{}, {}, 1, 0).empty());
    CHECK_THROWS_AS(preference_pairs(rates, {.gap = 0.0f}, 1, 0), Error);
}

TEST_CASE("of many pairs of a prompt some are drawn, the same for the same seed",
          "[data][preference_pairs]") {
    std::vector<float> rates(16, 0.0f);
    for (std::size_t i = 0; i < 8; ++i) rates[i] = 1.0f;
    std::set<std::vector<std::pair<Index, Index>>> seen;
    for (std::uint64_t prompt = 0; prompt < 20; ++prompt) {
        const auto pairs = preference_pairs(rates, {}, 3, prompt);
        CHECK(pairs == preference_pairs(rates, {}, 3, prompt));
        CHECK(std::set(pairs.begin(), pairs.end()).size() == 4);
        for (const auto& [chosen, rejected] : pairs) CHECK((chosen < 8 && rejected >= 8));
        seen.insert(pairs);
    }
    CHECK(seen.size() == 20);
}
