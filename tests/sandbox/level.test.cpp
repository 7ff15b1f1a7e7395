// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/sandbox/level.hpp>

using gppo::IsolationLevel;

TEST_CASE("Levels are ordered and found by their names", "[sandbox][level]") {
    CHECK(IsolationLevel::none < IsolationLevel::rlimits);
    CHECK(IsolationLevel::rlimits < IsolationLevel::landlock);
    CHECK(IsolationLevel::landlock < IsolationLevel::bubblewrap);
    for (auto level : {IsolationLevel::none, IsolationLevel::rlimits, IsolationLevel::landlock,
                       IsolationLevel::bubblewrap})
        CHECK(gppo::isolation_level(gppo::isolation_name(level)) == level);
    CHECK_FALSE(gppo::isolation_level("docker").has_value());
}
