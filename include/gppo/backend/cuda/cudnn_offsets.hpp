// SPDX-License-Identifier: Apache-2.0
//
// Where cuDNN finds packed sequences: as elements from the beginning of each tensor, in int32.
#pragma once

#include <gppo/core/execution.hpp>
#include <gppo/core/math.hpp>
#include <gppo/core/view.hpp>

#include <cstdint>

namespace gppo {

/// One team. A plan may have more sequences than there are: those behind the last are empty.
struct CudnnOffsets {
    View<const Index> offsets;                  // (B + 1)
    Index sequences;                            // of the plan
    Index query_width, key_width, heads;        // elements of a token
    std::int32_t* lengths;                      // (sequences)
    std::int32_t *queries, *keys, *statistics;  // (sequences + 1)

    template <class Team>
    GPPO_HD void operator()(Team team, Index) const {
        const CudnnOffsets s = *this;
        const Index last = offsets.size - 1;
        team.for_each(sequences + 1, [=](Index b) {
            const Index first = s.offsets[math::min(b, last)];
            s.queries[b] = static_cast<std::int32_t>(first * s.query_width);
            s.keys[b] = static_cast<std::int32_t>(first * s.key_width);
            s.statistics[b] = static_cast<std::int32_t>(first * s.heads);
            if (b < s.sequences)
                s.lengths[b] = static_cast<std::int32_t>(s.offsets[math::min(b + 1, last)] - first);
        });
    }
};

}  // namespace gppo
