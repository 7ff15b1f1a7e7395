// SPDX-License-Identifier: Apache-2.0
#include "torch.hpp"

#include <atomic>

using namespace gppo;

TEST_CASE("every row runs once on ATen's threads, also inside a parallel region", "[torch]") {
    std::vector<std::atomic<int>> runs(1000);
    aten_threads.for_rows(10, [&](auto, Index outer) {
        aten_threads.for_rows(
            100, [&](auto, Index row) { ++runs[static_cast<std::size_t>(100 * outer + row)]; });
    });
    for (const auto& count : runs) CHECK(count == 1);
}
