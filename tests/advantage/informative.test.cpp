// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/advantage/informative.hpp>

#include <limits>
#include <vector>

using namespace gppo;

namespace {
std::vector<Index> kept(std::vector<float> advantage, std::vector<Index> group) {
    return informative_sequences(View<const float>(advantage), View<const Index>(group));
}
}  // namespace

TEST_CASE("groups with no advantage anywhere are left out, others stay whole",
          "[advantage][informative]") {
    CHECK(kept({0, 0, -1, 0, 0}, {1, 2, 2, 1, 3}) == std::vector<Index>{1, 2});
    CHECK(kept({0, 0}, {1, 1}).empty());
    CHECK(kept({}, {}).empty());
}

TEST_CASE("a NaN is not filtered away", "[advantage][informative]") {
    CHECK(kept({std::numeric_limits<float>::quiet_NaN(), 0}, {1, 2}) == std::vector<Index>{0});
}

TEST_CASE("sizes must agree", "[advantage][informative]") {
    CHECK_THROWS_WITH(kept({0, 0}, {1}), Catch::Matchers::Contains("one per sequence"));
}
