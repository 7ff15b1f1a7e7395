// SPDX-License-Identifier: Apache-2.0
//
// What a policy is bound with where its batch is in a backend's memory: sums over sequences are
// made there, and the host sees B of them. It is all that the policies at sequence level need; what
// looks at all tokens of a step says so (core/traits.hpp) and is bound here (bound_part.hpp).
#pragma once

#include <gppo/core/batch.hpp>
#include <gppo/core/pieces.hpp>

#include <utility>
#include <vector>

namespace gppo {

template <class K>
struct DeviceSums {
    const K* backend;
    View<const Index> offsets;  // (B + 1)   the backend's

    template <class F>
    void for_rows(Index, F) const {
        static_assert(sizeof(F) == 0,
                      "a policy or correction that looks at all tokens of a step says so in its "
                      "traits, .all_tokens = true");
    }
};
template <class K>
DeviceSums(const K*, View<const Index>) -> DeviceSums<K>;

/// Tokens are the backend's. Waits for it.
template <class K, std::floating_point T, class F>
std::vector<PartialSum> sequence_sums(const DeviceSums<K>& sums, const Batch<T>& batch, F term) {
    const Index sequences = batch.sequences();
    auto there = sums.backend->template allocate<PartialSum>(sequences);
    sums.backend->for_rows(sequences,
                           SequenceSum<F>{sums.offsets.data, batch.mask.data, term, there.data()});
    std::vector<PartialSum> result(static_cast<std::size_t>(sequences));
    sums.backend->download(std::as_const(there).view(), View<PartialSum>(result));
    return result;
}

}  // namespace gppo
