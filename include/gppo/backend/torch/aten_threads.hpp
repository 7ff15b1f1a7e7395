// SPDX-License-Identifier: Apache-2.0
//
// Rows on the threads ATen already has: as many as torch.get_num_threads() says, and none more
// inside a region that is already parallel. It has no state, so any number of host threads may use
// it at once.
#pragma once

#include <gppo/core/execution.hpp>
#include <gppo/kernel/team.hpp>

#include <ATen/Parallel.h>

namespace gppo {

struct AtenThreads {
    /// f(SerialTeam{}, row) for every row, each on one thread. `f` must not throw.
    template <class F>
    void for_rows(Index n, F f) const {
        at::parallel_for(0, n, 1, [&](Index first, Index last) {
            for (Index row = first; row < last; ++row) f(SerialTeam{}, row);
        });
    }
};
inline constexpr AtenThreads aten_threads{};
static_assert(Execution<AtenThreads>);

}  // namespace gppo
