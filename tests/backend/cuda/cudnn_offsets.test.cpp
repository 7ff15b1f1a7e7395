// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/backend/cuda/cudnn_offsets.hpp>
#include <gppo/kernel/team.hpp>

#include <cstdint>
#include <vector>

using namespace gppo;

TEST_CASE("sequences are given to cuDNN as elements, empty ones behind the last") {
    const std::vector<Index> offsets{0, 3, 3, 10};
    std::vector<std::int32_t> lengths(5), queries(6), keys(6), statistics(6);
    CudnnOffsets{offsets,          5, 8, 4, 2, lengths.data(), queries.data(), keys.data(),
                 statistics.data()}(SerialTeam{}, 0);
    CHECK(lengths == std::vector<std::int32_t>{3, 0, 7, 0, 0});
    CHECK(queries == std::vector<std::int32_t>{0, 24, 24, 80, 80, 80});
    CHECK(keys == std::vector<std::int32_t>{0, 12, 12, 40, 40, 40});
    CHECK(statistics == std::vector<std::int32_t>{0, 6, 6, 20, 20, 20});
}
