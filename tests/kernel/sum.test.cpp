// SPDX-License-Identifier: Apache-2.0
#include "kernel/finite_difference.hpp"

#include <gppo/kernel/sum.hpp>

using namespace gppo;
using namespace gppo::test;

TEST_CASE("the squared norm is the sum of squares", "[kernel][sum]") {
    const std::vector<float> x = random_values(1000, 5, 1);
    CHECK(static_cast<double>(squared_norm(SerialTeam{}, View<const float>(x))) ==
          Approx(dot(x, x)));
    CHECK(squared_norm(SerialTeam{}, View<const float>{}) == 0.0f);
}

TEST_CASE("partial rows add up by column, from any column on", "[kernel][sum]") {
    const std::vector<float> partial{1, 2, 3, 10, 20, 30};
    std::vector<float> out{100, 100};
    add_rows(SerialTeam{}, partial, 3, 1, out);
    CHECK(out == std::vector<float>{122, 133});
}
