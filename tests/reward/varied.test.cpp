// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/reward/varied.hpp>

#include <limits>
#include <vector>

using gppo::Index;
using Indices = std::vector<Index>;

namespace {

Indices varied(std::vector<float> channel, const Indices& group) {
    return gppo::varied_sequences(gppo::View<const float>(channel), gppo::View<const Index>(group));
}

}  // namespace

TEST_CASE("a group counts where its channel differs", "[reward][varied]") {
    CHECK(varied({1, 1, 0, 1, 0, 0}, {0, 0, 1, 1, 2, 2}) == Indices{2, 3});
    CHECK(varied({1, 0, 0, 1}, {5, 9, 5, 9}) == Indices{0, 1, 2, 3});
    CHECK(varied({0.25f, 0.5f, 1, 1}, {0, 0, 1, 1}) == Indices{0, 1});
    CHECK(varied({7}, {0}).empty());
    CHECK(varied({}, {}).empty());
    CHECK_THROWS_AS(varied({1, 2}, {0}), gppo::Error);
}

TEST_CASE("a NaN is kept, so that somebody sees it", "[reward][varied]") {
    CHECK(varied({std::numeric_limits<float>::quiet_NaN(), 1, 1}, {0, 1, 1}) == Indices{0});
}
