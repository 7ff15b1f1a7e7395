// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/backend/decode.hpp>

using namespace gppo;

TEST_CASE("a row's position counts shared and own positions", "[backend][decode]") {
    CHECK(DecodeRow{0, 0, 0, 1}.position() == 0);
    CHECK(DecodeRow{2, 7, 3, 4}.position() == 10);
    STATIC_REQUIRE_FALSE(DecodeBackend<int>);
}
