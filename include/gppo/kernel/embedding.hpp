// SPDX-License-Identifier: Apache-2.0
//
// Embedding lookup and its gradient. The gradient of a token's row sums the rows where it occurs in
// a given order, one team a token, so the result never depends on timing (no atomics).
#pragma once

#include <gppo/kernel/team.hpp>

#include <cstdint>

namespace gppo {

/// Copies one row: out = table[id].
template <Team X, class T>
GPPO_HD void embedding(X team, Read<T> table /* (V, D) */, Index id, View<T> out /* (D) */) {
    const T* row = table.data + id * out.size;
    team.for_each(out.size, [=](Index i) { out[i] = row[i]; });
}

/// Adds to one token's gradient row the rows of `dx` where the token occurs, in listed order.
template <Team X, class T>
GPPO_HD void embedding_backward(X team, View<const std::int32_t> places /* rows of dx */,
                                Read<T> dx /* (T, D) */, View<T> dtable_row /* (D) */) {
    for (Index n = 0; n < places.size; ++n) {
        const T* row = dx.data + places[n] * dtable_row.size;
        team.for_each(dtable_row.size, [=](Index i) {
            dtable_row[i] =
                static_cast<T>(static_cast<float>(dtable_row[i]) + static_cast<float>(row[i]));
        });
    }
}

}  // namespace gppo
