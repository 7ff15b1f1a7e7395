// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/core/execution.hpp>

#include <vector>

using namespace gppo;

static_assert(Execution<Serial> && !Execution<int>);

TEST_CASE("serial runs every row in order, and sums what it is told to", "[core][execution]") {
    std::vector<Index> rows;
    serial.for_rows(4, [&](Serial, Index row) { rows.push_back(row); });
    CHECK(rows == std::vector<Index>{0, 1, 2, 3});
    for (const Index n : {0, 1, 7, 8, 9, 100})
        CHECK(serial.sum(n, [](Index i) { return static_cast<double>(i); }) ==
              double(n) * double(n - 1) / 2);
    std::vector<int> touched(10);
    serial.for_each(10, [&](Index i) { ++touched[static_cast<std::size_t>(i)]; });
    CHECK(touched == std::vector<int>(10, 1));
}
