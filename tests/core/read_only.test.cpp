// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/core/read_only.hpp>

#include <cstdint>

TEST_CASE("what is only read is read as it is", "[core]") {
    const float numbers[] = {1.5f, -2.0f};
    const std::uint8_t mask = 1;
    CHECK(gppo::read_only(numbers + 1) == -2.0f);
    CHECK(gppo::read_only(&mask) == 1);
}
