// SPDX-License-Identifier: Apache-2.0
#include <gppo/cpu.hpp>

#include "catch.hpp"

TEST_CASE("the CPU umbrella brings the backend and the objectives", "[cpu]") {
    CHECK(gppo::Cpu{1}.threads() == 1);
    CHECK(gppo::Gppo{}.low == Approx(0.2F));
}
