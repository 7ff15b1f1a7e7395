// SPDX-License-Identifier: Apache-2.0
//
// Recorded work on a GPU; when it is recorded and when forgotten: host_graphs.cpp, without one.
#include "backend/cuda/gpu.hpp"

#include <vector>

namespace {

struct AddOneRow {
    float* to;

    template <class Team>
    GPPO_HD void operator()(Team team, gppo::Index row) const {
        float* const at = to + row;
        team.for_each(1, [=](gppo::Index) { *at += 1.0f; });
    }
};

}  // namespace

TEST_CASE("work that is recorded is done as often as it is asked for", "[cuda]") {
    const auto cuda = gpu();
    if (!cuda) return;
    auto counts = cuda->allocate<float>(3);
    std::vector<float> seen(3);
    const auto work = [&] { cuda->for_rows(3, AddOneRow{counts.data()}); };
    for (int times = 0; times < 5; ++times) cuda->repeat(&counts, 3, 1, work);
    const auto other = cuda->allocate<float>(1000);  // ends the recording
    for (int times = 0; times < 5; ++times) cuda->repeat(&counts, 3, 1, work);
    cuda->download<float>(counts.view(), gppo::View<float>(seen));
    CHECK(seen == std::vector<float>(3, 10.0f));
    CHECK(other.size() == 1000);
}
