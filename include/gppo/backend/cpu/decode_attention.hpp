// SPDX-License-Identifier: Apache-2.0
//
// Attention of one new token against a key/value cache in two parts: positions shared by the
// completions of a prompt, and the completion's own. Keys lie transposed in blocks of `cache_block`
// positions, so scores of a block are a register tile with no horizontal sums; the softmax is
// online over blocks (Milakov and Gimelshein 2018, arXiv 1805.02867). One task is one row and one
// key/value head, worked through in a fixed order: results depend on nothing else in the batch.
#pragma once

#include <gppo/backend/backend.hpp>
#include <gppo/backend/cpu/tile.hpp>
#include <gppo/core/math.hpp>
#include <gppo/kernel/team.hpp>

#include <algorithm>
#include <limits>

namespace gppo {

inline constexpr Index cache_block = 2 * lane;        ///< positions in one block of transposed keys
inline constexpr Index cache_span = 8 * cache_block;  ///< positions between two rescalings
inline constexpr Index decode_head_limit = 256;       ///< largest head_dim

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

/// Running softmax of up to tile_height query heads that read one key/value head.
struct DecodeTile {
    alignas(64) float scores[tile_height * cache_span];
    alignas(64) float out[tile_height * decode_head_limit];
    float max[tile_height], sum[tile_height];
    int heads = 0;
};

/// Scores of one query head over `count` positions -> weights relative to the running maximum.
inline void decode_softmax(DecodeTile& t, int h, float scale, Index count, Index width) {
    constexpr SerialTeam team;
    float* const row = t.scores + h * cache_span;
    const float max = math::max(t.max[h], team.max(count, [=](Index j) { return row[j]; }) * scale);
    const float shrink = t.sum[h] > 0.0f ? math::exp(t.max[h] - max) : 0.0f;
    const float sum = team.sum(count, [=](Index j) {
        row[j] = math::exp(row[j] * scale - max);
        return row[j];
    });
    t.sum[h] = t.sum[h] * shrink + sum;
    t.max[h] = max;
    if (shrink == 1.0f) return;
    float* const out = t.out + h * width;
    team.for_each(width, [=](Index d) { out[d] *= shrink; });
}

/// Adds positions [0, length) of one strip.
inline void decode_strip(DecodeTile& t, const AttentionShape& s, CacheStrip strip, Index kv_head,
                         Index length, const float* query /* (heads, head_dim) */) {
    const Index width = padded(s.head_dim);
    const float* const keys = strip.keys + kv_head * strip.capacity * s.head_dim;
    const float* const values = strip.values + kv_head * strip.capacity * width;
    for (Index first = 0; first < length; first += cache_span) {
        const Index count = std::min(cache_span, length - first);
        for (Index j = 0; j < count; j += cache_block)
            tile_product({t.heads, cache_block, s.head_dim, s.head_dim, 1, cache_block, cache_span},
                         query, keys + (first + j) * s.head_dim, t.scores + j);
        for (int h = 0; h < t.heads; ++h) decode_softmax(t, h, s.scale, count, width);
        tile_product({t.heads, width, count, cache_span, 1, width, width, true}, t.scores,
                     values + first * width, t.out);
    }
}

/// One row and one key/value head: query and out are the row's (heads, head_dim).
inline void decode_attention_task(const AttentionShape& s, const DecodeContext& context,
                                  Index kv_head, const float* query /* (heads, head_dim) */,
                                  float* out /* (heads, head_dim) */) {
    DecodeTile t;
    const Index width = padded(s.head_dim), end = (kv_head + 1) * s.group();
    for (Index first = kv_head * s.group(); first < end; first += tile_height) {
        t.heads = static_cast<int>(std::min<Index>(tile_height, end - first));
        std::fill_n(t.out, t.heads * width, 0.0f);
        std::fill_n(t.max, t.heads, -std::numeric_limits<float>::infinity());
        std::fill_n(t.sum, t.heads, 0.0f);
        const float* const q = query + first * s.head_dim;
        decode_strip(t, s, context.shared, kv_head, context.shared_length, q);
        decode_strip(t, s, context.own, kv_head, context.own_length, q);
        for (int h = 0; h < t.heads; ++h) {
            const float scale = 1.0f / t.sum[h];
            for (Index d = 0; d < s.head_dim; ++d)
                out[(first + h) * s.head_dim + d] = t.out[h * width + d] * scale;
        }
    }
}

}  // namespace gppo
