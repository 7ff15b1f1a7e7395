// SPDX-License-Identifier: Apache-2.0
//
// The zero-advantage filter (dynamic sampling, DAPO, arXiv 2503.14476): a group whose completions
// all have advantage 0 teaches nothing, so its forward and backward pass can be saved.
#pragma once

#include <gppo/core/error.hpp>
#include <gppo/core/view.hpp>

#include <concepts>
#include <string>
#include <unordered_set>
#include <vector>

namespace gppo {

/// The sequences, in order, of groups in which some advantage is not 0. A NaN is kept: it is an
/// error that evaluate() or the caller must see, not something to filter away.
template <std::floating_point T>
std::vector<Index> informative_sequences(View<const T> advantage /*(B)*/,
                                         View<const Index> group /*(B)*/) {
    expects(advantage.size == group.size, [&] {
        return "advantage has " + std::to_string(advantage.size) + " elements and group " +
               std::to_string(group.size) + "; both must have one per sequence";
    });
    std::unordered_set<Index> telling;
    for (Index b = 0; b < group.size; ++b)
        if (advantage[b] != T(0)) telling.insert(group[b]);
    std::vector<Index> kept;
    for (Index b = 0; b < group.size; ++b)
        if (telling.contains(group[b])) kept.push_back(b);
    return kept;
}

}  // namespace gppo
