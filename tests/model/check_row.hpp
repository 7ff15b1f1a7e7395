// SPDX-License-Identifier: Apache-2.0
//
// That a block of threads makes of a row function's memory what one thread makes of it.
#pragma once

#include "catch.hpp"
#include "kernel/thread_team.hpp"
#include "random_values.hpp"

#include <vector>

/// make(memory) is a row function that writes there; both teams begin with the same.
template <class F>
void check_row(gppo::Index rows, gppo::Index memory, F make) {
    std::vector<float> alone = random_values(memory, 9), together = alone;
    for (gppo::Index n = 0; n < rows; ++n) make(alone.data())(gppo::SerialTeam{}, n);
    side_by_side([&](ThreadTeam team) {
        for (gppo::Index n = 0; n < rows; ++n) make(together.data())(team, n);
        return 0;
    });
    CHECK(distance(together, alone) < 1e-5f);
}
