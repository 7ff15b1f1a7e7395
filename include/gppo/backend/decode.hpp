// SPDX-License-Identifier: Apache-2.0
//
// What a backend adds for generation: weights rearranged once and read by many small products, a
// key/value cache in strips, and attention of single tokens against it.
#pragma once

#include <gppo/backend/backend.hpp>

#include <concepts>

namespace gppo {

/// One token of a step and what it sees: positions [0, shared_length) of strip `shared`, then
/// [0, own_length) of strip `own`, whose last position is the token itself.
struct DecodeRow {
    Index shared = 0, shared_length = 0;
    Index own = 0, own_length = 0;

    constexpr Index position() const { return shared_length + own_length - 1; }
};

/// A cache that hands out strips: room for at least `capacity` positions of one sequence, all
/// layers.
template <class C>
concept KeyValueStrips = requires(C cache, Index n, View<const DecodeRow> rows) {
    { cache.acquire(n /* capacity */) } -> std::same_as<Index>;
    cache.release(n);
    cache.begin(rows);  // of a step; the host's, and there until the next
};

/// Products and attention whose rows do not depend on the other rows of the step.
template <class K>
concept DecodeBackend =
    Backend<K> && KeyValueStrips<typename K::Cache> &&
    requires(const K backend, typename K::Weights weights, typename K::Cache cache, Index n,
             AttentionShape shape, Factor w, const float* in, float* out, Rows<const float> read) {
        { backend.make_cache(shape, n /* layers */) } -> std::same_as<typename K::Cache>;
        // `w` may be read where it is for as long as the weights are in use
        backend.pack(n /* n */, n /* k */, w /* (n, k) */, weights);
        // out (rows, n) = in (rows, k) weights^T, or += with the last argument
        backend.packed_product(weights, n /* rows */, in, out, true);
        // of the rows that the cache has begun with
        backend.cache_store(cache, n /* layer */, read /* keys */, read /* values */);
        backend.attention_decode(cache, n /* layer */, read /* queries */, out);
    };

}  // namespace gppo
