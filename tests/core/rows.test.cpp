// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/core/rows.hpp>

#include <vector>

using namespace gppo;

static_assert(std::is_trivially_copyable_v<Rows<float>>);

TEST_CASE("rows are a stride apart and can be read only", "[core][rows]") {
    std::vector<int> values{0, 1, 2, 3, 4, 5, 6, 7};
    const Rows<int> rows{values.data() + 1, 3};
    CHECK(rows[0][0] == 1);
    CHECK(rows[2][0] == 7);
    rows[1][0] = 9;
    CHECK(values[4] == 9);
    const Rows<const int> same = rows;
    CHECK(same[1] == rows[1]);
    STATIC_REQUIRE_FALSE(std::is_convertible_v<Rows<const int>, Rows<int>>);
}
