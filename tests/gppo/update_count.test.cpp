// SPDX-License-Identifier: Apache-2.0
#include "update_count.hpp"

#include "catch.hpp"

#include <limits>

TEST_CASE("a gradient is scaled to the norm it may have", "[trainer]") {
    UpdateCount count;
    CHECK(count.next(0.5, 1.0) == 1.0);
    CHECK(count.next(4.0, 1.0).value() == Approx(0.25).epsilon(1e-5));
    CHECK(count.next(4.0, 0.0) == 1.0);
    CHECK(count.updates == 3);
    CHECK(count.skipped == 0);
}

TEST_CASE("steps without a finite gradient are counted, and five in a row stop the run",
          "[trainer]") {
    const double broken = std::numeric_limits<double>::quiet_NaN();
    UpdateCount count;
    for (int i = 0; i < 4; ++i) CHECK(!count.next(broken, 1.0));
    CHECK(count.next(1.0, 0.0) == 1.0);
    for (int i = 0; i < 4; ++i) CHECK(!count.next(std::numeric_limits<double>::infinity(), 1.0));
    CHECK(count.updates == 9);
    CHECK(count.skipped == 8);
    CHECK_THROWS_WITH(count.next(broken, 1.0), Catch::Contains("5 updates in a row"));
}
