// SPDX-License-Identifier: Apache-2.0
//
// The filter of dynamic sampling (DAPO, arXiv 2503.14476) on a channel of one's choice: a group
// teaches something where the channel differs among its completions. DAPO and verl's filter_groups
// take `acc`; under a soft reward that drops the groups in which no program is fully right, so name
// the channel that is trained on (`score`), or the one that is meant.
#pragma once

#include <gppo/core/error.hpp>
#include <gppo/core/view.hpp>

#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace gppo {

/// The sequences, in order, of groups in which `channel` is not the same everywhere. A NaN differs
/// from everything, also alone: it must be seen and not filtered away.
inline std::vector<Index> varied_sequences(View<const float> channel /*(B)*/,
                                           View<const Index> group /*(B)*/) {
    expects(channel.size == group.size, [&] {
        return "the channel has " + std::to_string(channel.size) + " elements and group " +
               std::to_string(group.size) + "; both must have one per sequence";
    });
    std::unordered_map<Index, float> first;
    std::unordered_set<Index> varied;
    for (Index b = 0; b < group.size; ++b)
        if (!(first.emplace(group[b], channel[b]).first->second == channel[b]))
            varied.insert(group[b]);
    std::vector<Index> kept;
    for (Index b = 0; b < group.size; ++b)
        if (varied.contains(group[b])) kept.push_back(b);
    return kept;
}

}  // namespace gppo
