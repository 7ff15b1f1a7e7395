// SPDX-License-Identifier: Apache-2.0
#include "backend/cuda/reduce.hpp"

#include <gppo/backend/cuda/warp_team.hpp>

TEST_CASE("a warp sums and finds the largest of rows of any length", "[cuda]") {
    check_reductions<gppo::WarpTeam>();
}
