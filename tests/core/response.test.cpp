// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/core/response.hpp>

#include <type_traits>

TEST_CASE("a response starts as a wrong answer of good form, in one turn", "[core][response]") {
    constexpr gppo::Response response;
    STATIC_REQUIRE(std::is_trivially_copyable_v<gppo::Response>);
    CHECK_FALSE((response.right || response.truncated || response.infra));
    CHECK((response.well_formed && response.tags.opened && response.tags.closed));
    CHECK(response.turns == 1);
    CHECK(response.calls == 0);
}
