// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/kernel/team.hpp>

#include <limits>
#include <vector>

using namespace gppo;

TEST_CASE("the serial team visits every element once and reduces exactly on small integers",
          "[kernel][team]") {
    const SerialTeam team;
    for (const Index n : {0, 1, 7, 64, 1001}) {
        std::vector<int> visits(static_cast<std::size_t>(n));
        team.for_each(n, [&](Index i) { ++visits[static_cast<std::size_t>(i)]; });
        for (const int count : visits) REQUIRE(count == 1);
        const auto value = [](Index i) { return static_cast<float>(i % 13) - 6.0f; };
        float total = 0, best = -std::numeric_limits<float>::infinity();
        for (Index i = 0; i < n; ++i) {
            total += value(i);
            best = std::max(best, value(i));
        }
        CHECK(team.sum(n, value) == total);
        CHECK(team.max(n, value) == best);
    }
}
