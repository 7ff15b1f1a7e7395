// SPDX-License-Identifier: Apache-2.0
#include "backend/cuda/gpu.hpp"

#include <gppo/backend/cuda/cuda.hpp>

using namespace gppo;

namespace {

struct MarkRow {
    View<int> rows;
    __device__ void operator()(BlockTeam team, Index row) const {
        int* const mark = rows.data + row;
        team.for_each(1, [=](Index) { *mark += 1; });
    }
};

}  // namespace

TEST_CASE("for_rows runs each row once", "[cuda]") {
    const auto cuda = gpu();
    if (!cuda) return;
    for (const Index n : {0, 1, 300, 70'000}) {
        CudaBuffer<int> marks = cuda->allocate<int>(n);
        cuda->for_rows(n, MarkRow{marks.view()});
        std::vector<int> host(static_cast<std::size_t>(n));
        marks.download(View<int>(host));
        cuda->wait();
        CHECK(host == std::vector<int>(static_cast<std::size_t>(n), 1));
    }
}
