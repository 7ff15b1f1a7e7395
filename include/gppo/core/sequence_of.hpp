// SPDX-License-Identifier: Apache-2.0
//
// Which of the sequences that are packed one after another a token belongs to.
#pragma once

#include <gppo/core/view.hpp>

namespace gppo {

/// b with offsets[b] <= token < offsets[b + 1].
GPPO_HD inline Index sequence_of(View<const Index> offsets /*(B + 1)*/, Index token) noexcept {
    Index low = 0, high = offsets.size - 1;
    while (high - low > 1) {
        const Index middle = low + (high - low) / 2;
        (offsets[middle] <= token ? low : high) = middle;
    }
    return low;
}

}  // namespace gppo
