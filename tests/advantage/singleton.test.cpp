// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/advantage/singleton.hpp>

#include <vector>

using namespace gppo;

TEST_CASE("the mean of equal rewards is exactly that reward", "[advantage][singleton]") {
    for (const std::size_t size :
         {std::size_t{2}, std::size_t{3}, std::size_t{7}, std::size_t{1000}}) {
        const std::vector<float> rewards(size, 0.1f);
        CHECK(mean_of(View<const float>(rewards)) == static_cast<double>(0.1f));
    }
}

TEST_CASE("a group of one gets nothing or its reward", "[advantage][singleton]") {
    const std::vector<float> reward{0.7f};
    std::vector<float> advantage{9.0f};
    fill_singleton(Singleton::zero, View<const float>(reward), View<float>(advantage));
    CHECK(advantage[0] == 0.0f);
    fill_singleton(Singleton::raw, View<const float>(reward), View<float>(advantage));
    CHECK(advantage[0] == 0.7f);
}
