// SPDX-License-Identifier: Apache-2.0
//
// Attention of one new token against a key/value cache in two parts: positions shared by the
// completions of a prompt, and the completion's own. Keys lie transposed in blocks of `cache_block`
// positions, so scores of a block are a register tile with no horizontal sums. One task is one row
// and one key/value head, worked through in the order of attention over whole sequences: results
// depend on nothing else in the batch, and have the bits of the trainer's forward pass.
#pragma once

#include <gppo/backend/cpu/attention.hpp>
#include <gppo/backend/cpu/tile.hpp>

#include <algorithm>

namespace gppo {

inline constexpr Index cache_block = 2 * lane;   ///< positions in one block of transposed keys
inline constexpr Index decode_head_limit = 256;  ///< largest head_dim

/// Keys and values of one layer and one sequence: head h has its keys at keys + h capacity
/// head_dim, as (capacity / cache_block, head_dim, cache_block), and its values at values + h
/// capacity width, as (capacity, width) with width = padded(head_dim) and zeros beyond head_dim.
struct CacheStrip {
    float* keys = nullptr;
    float* values = nullptr;
    Index capacity = 0;  ///< positions, a multiple of cache_block
};

/// Writes one position of one key/value head.
inline void cache_store(const AttentionShape& s, CacheStrip strip, Index head, Index position,
                        const float* key /* (head_dim) */, const float* value /* (head_dim) */) {
    float* const k = strip.keys + head * strip.capacity * s.head_dim +
                     position / cache_block * cache_block * s.head_dim + position % cache_block;
    float* const v = strip.values + (head * strip.capacity + position) * padded(s.head_dim);
    for (Index d = 0; d < s.head_dim; ++d) k[d * cache_block] = key[d];
    std::copy_n(value, s.head_dim, v);
}

/// What one row sees: the first `shared_length` positions of one strip, then `own_length` of
/// another.
struct DecodeContext {
    CacheStrip shared, own;
    Index shared_length = 0, own_length = 0;
};

/// Up to tile_height query heads that read one key/value head. A row of scores is one span of
/// positions, with a block of room on both sides: an own strip may begin anywhere in a span.
struct DecodeTile {
    static constexpr Index stride = attention_span + 2 * cache_block;
    alignas(64) float scores[tile_height * stride];
    alignas(64) float out[tile_height * decode_head_limit];
    RunningSoftmax state[tile_height];
    Index heads = 0;
};

/// Scores of a strip's positions [begin, end) into a span that starts at position `origin` of the
/// strip (which may be negative, or inside it).
inline void decode_scores(DecodeTile& t, const AttentionShape& s, CacheStrip strip, Index kv_head,
                          Index origin, Index begin, Index end,
                          const float* query /* (heads, head_dim) */) {
    const float* const keys = strip.keys + kv_head * strip.capacity * s.head_dim;
    for (Index j = begin / cache_block * cache_block; j < end; j += cache_block)
        tile_product({t.heads, cache_block, s.head_dim, s.head_dim, 1, cache_block, t.stride},
                     query, keys + j * s.head_dim, t.scores + cache_block + (j - origin));
}

/// Adds their values, weighted.
inline void decode_values(DecodeTile& t, const AttentionShape& s, CacheStrip strip, Index kv_head,
                          Index origin, Index begin, Index end) {
    if (begin >= end) return;
    const Index width = padded(s.head_dim);
    tile_product({t.heads, width, end - begin, t.stride, 1, width, width, true},
                 t.scores + cache_block + (begin - origin),
                 strip.values + (kv_head * strip.capacity + begin) * width, t.out);
}

/// One span of positions from `first` on, the shared ones before the own ones.
inline void decode_span(DecodeTile& t, const AttentionShape& s, const DecodeContext& context,
                        Index kv_head, Index first, const float* query /* (heads, head_dim) */) {
    const Index split = context.shared_length;
    const Index end = std::min(first + attention_span, split + context.own_length);
    const Index shared_end = std::min(end, split);
    const Index own_begin = std::max(first - split, Index{0}), own_end = end - split;
    decode_scores(t, s, context.shared, kv_head, first, first, shared_end, query);
    decode_scores(t, s, context.own, kv_head, first - split, own_begin, own_end, query);
    for (Index h = 0; h < t.heads; ++h) {
        const float shrink = softmax_span(t.state[h], s.scale, end - first, end - first,
                                          t.scores + h * t.stride + cache_block);
        if (first == 0 || shrink == 1.0f) continue;
        float* const out = t.out + h * padded(s.head_dim);
        SerialTeam{}.for_each(padded(s.head_dim), [=](Index d) { out[d] *= shrink; });
    }
    decode_values(t, s, context.shared, kv_head, first, first, shared_end);
    decode_values(t, s, context.own, kv_head, first - split, own_begin, own_end);
}

/// One row and one key/value head: query and out are the row's (heads, head_dim).
inline void decode_attention_task(const AttentionShape& s, const DecodeContext& context,
                                  Index kv_head, const float* query /* (heads, head_dim) */,
                                  float* out /* (heads, head_dim) */) {
    DecodeTile t;
    const Index width = padded(s.head_dim), end = (kv_head + 1) * s.group();
    for (Index head = kv_head * s.group(); head < end; head += tile_height) {
        t.heads = std::min<Index>(tile_height, end - head);
        std::fill_n(t.out, t.heads * width, 0.0f);
        std::fill_n(t.state, t.heads, RunningSoftmax{});
        const Index length = context.shared_length + context.own_length;
        for (Index first = 0; first < length; first += attention_span)
            decode_span(t, s, context, kv_head, first, query + head * s.head_dim);
        for (Index h = 0; h < t.heads; ++h) {
            const float inverse = 1.0f / t.state[h].sum;
            for (Index d = 0; d < s.head_dim; ++d)
                out[(head + h) * s.head_dim + d] = t.out[h * width + d] * inverse;
        }
    }
}

}  // namespace gppo
