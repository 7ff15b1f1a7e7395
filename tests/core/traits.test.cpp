// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/core/traits.hpp>

namespace {
struct Silent {};
struct Telling {
    static constexpr gppo::Traits traits{.one_advantage = true};
};
}  // namespace

TEST_CASE("a type without traits works with everything", "[core][traits]") {
    CHECK(!gppo::traits_of<Silent>().one_advantage);
    CHECK(gppo::traits_of<Telling>().one_advantage);
    CHECK(!gppo::traits_of<Telling>().reads_rollout);
}
