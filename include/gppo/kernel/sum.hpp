// SPDX-License-Identifier: Apache-2.0
//
// Sums with a fixed order: the squared norm of a chunk, and the total of partial rows.
#pragma once

#include <gppo/kernel/team.hpp>

namespace gppo {

/// Sum of squares of one chunk.
template <Team X, class T>
GPPO_HD float squared_norm(X team, View<T> x /* (n) */) {
    return team.sum(x.size, [=](Index i) {
        const auto value = static_cast<float>(x[i]);
        return value * value;
    });
}

/// out += the rows of `partial`, first to last, columns [first, first + out.size) of each.
template <Team X>
GPPO_HD void add_rows(X team, View<const float> partial /* (rows, width) */, Index width,
                      Index first, View<float> out /* (n) */) {
    for (Index row = 0; row < partial.size / width; ++row) {
        const float* values = partial.data + row * width + first;
        team.for_each(out.size, [=](Index i) { out[i] += values[i]; });
    }
}

}  // namespace gppo
