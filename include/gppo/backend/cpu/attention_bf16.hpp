// SPDX-License-Identifier: Apache-2.0
//
// The backward pass of attention with its four gradient products in bf16. Scores are computed again
// in fp32: they meet the log-sum-exp of the forward pass in an exponential, and a score rounded to
// 8 bits would leave rows of probabilities that do not sum to 1. The forward pass stays fp32, to
// the bits of decoding.
#pragma once

#include <gppo/backend/cpu/attention.hpp>
#include <gppo/backend/cpu/panels.hpp>
#include <gppo/core/bf16.hpp>

#include <algorithm>

namespace gppo {

/// Buffers of one task. Pairs lie along the depth of the product they serve.
struct AttentionBf16Buffers {
    static constexpr Index pair_block = query_block / 2;

    float *kt, *dk, *dv, *p, *dp, *query, *dout, *dq;
    Bf16Pair *vt, *keys;                   // (d / 2, columns), (columns / 2, width)
    Bf16Pair *ds, *dout_rows;              // (query_block, columns / 2), (query_block, width / 2)
    Bf16Pair *p_turned, *ds_turned;        // (pair_block, columns)
    Bf16Pair *query_turned, *dout_turned;  // (pair_block, width)

    static Index size(const AttentionShape& s, Index length) {
        const Index width = padded(s.head_dim), columns = padded(length);
        return s.head_dim * columns + (s.head_dim + 1) / 2 * columns + 3 * columns * width +
               5 * query_block * columns + 7 * query_block * width + 24 * lane;
    }

    AttentionBf16Buffers(const AttentionShape& s, Index length, AttentionScratch scratch) {
        const Index width = padded(s.head_dim), columns = padded(length);
        const auto pairs = [&](Index count) {
            return reinterpret_cast<Bf16Pair*>(scratch.take(count));
        };
        kt = scratch.take(s.head_dim * columns);
        for (float** side : {&dk, &dv}) *side = scratch.take(columns * width);
        for (float** side : {&p, &dp}) *side = scratch.take(query_block * columns);
        for (float** side : {&query, &dout, &dq}) *side = scratch.take(query_block * width);
        vt = pairs((s.head_dim + 1) / 2 * columns), keys = pairs(columns / 2 * width);
        ds = pairs(query_block * columns / 2), dout_rows = pairs(query_block * width / 2);
        for (Bf16Pair** side : {&p_turned, &ds_turned}) *side = pairs(pair_block * columns);
        for (Bf16Pair** side : {&query_turned, &dout_turned}) *side = pairs(pair_block * width);
        std::fill_n(dk, length * width, 0.0f);
        std::fill_n(dv, length * width, 0.0f);
    }
};

/// out (ceil(rows / 2), width) pairs of rows (rows, stride), a missing one zero.
inline void pair_block_rows(const float* rows_data, Index rows, Index stride, Index width,
                            Bf16Pair* out, Index out_stride) {
    for (Index i = 0; i < rows; i += 2, out += out_stride) {
        const float* const row = rows_data + i * stride;
        if (i + 1 < rows)
            pair_rows(row, row + stride, width, out);
        else
            SerialTeam{}.for_each(width, [=](Index j) { out[j] = bf16_pair(row[j], 0.0f); });
    }
}

/// Values transposed, in pairs along head_dim, and keys in pairs of positions.
inline void attention_bf16_prepare(const AttentionInput& in, AttentionTask task,
                                   const AttentionBf16Buffers& b) {
    const AttentionShape& s = in.shape;
    const Index width = padded(s.head_dim), columns = padded(task.length);
    const Index column = task.head * s.head_dim, halves = (s.head_dim + 1) / 2;
    copy_transposed(in.k, task.first, column, task.length, s.head_dim, b.kt);
    std::fill_n(b.vt, halves * columns, Bf16Pair{});
    std::fill_n(b.keys, columns / 2 * width, Bf16Pair{});
    for (Index j = 0; j < task.length; ++j) {
        const float* const row = in.v[task.first + j] + column;
        for (Index d = 0; d < halves; ++d)
            b.vt[d * columns + j] =
                bf16_pair(row[2 * d], 2 * d + 1 < s.head_dim ? row[2 * d + 1] : 0.0f);
    }
    pair_block_rows(in.k[task.first] + column, task.length, in.k.stride, s.head_dim, b.keys, width);
}

/// Backward of queries [begin, end) of one query head.
inline void attention_bf16_block(const AttentionInput& in, const AttentionGradient& g,
                                 AttentionTask task, Index h, Index begin, Index end,
                                 const AttentionBf16Buffers& b) {
    const AttentionShape& s = in.shape;
    const Index width = padded(s.head_dim), columns = padded(task.length), rows = end - begin;
    const Index first = task.first + begin, column = h * s.head_dim, pairs = (rows + 1) / 2;
    copy_padded(in.q, first, column, rows, s.head_dim, b.query);
    copy_padded(g.dout, first, column, rows, s.head_dim, b.dout);
    for (Index i = 0; i < rows; ++i)
        pair_row(b.dout + i * width, width, b.dout_rows + i * width / 2);
    tile_product({rows, padded(end), s.head_dim, width, 1, columns, columns}, b.query, b.kt, b.p);
    tile_product({rows, padded(end), (s.head_dim + 1) / 2, width / 2, 1, columns, columns},
                 b.dout_rows, b.vt, b.dp);
    for (Index i = 0; i < rows; ++i) {
        attention_softmax_backward(s.scale, g.lse[(first + i) * s.heads + h], begin + i + 1, end,
                                   b.p + i * columns, b.dp + i * columns);
        pair_row(b.dp + i * columns, end, b.ds + i * columns / 2);
    }
    tile_product({rows, width, (end + 1) / 2, columns / 2, 1, width, width}, b.ds, b.keys, b.dq);
    for (Index i = 0; i < rows; ++i)
        std::copy_n(b.dq + i * width, s.head_dim, g.dq[first + i] + column);
    pair_block_rows(b.p, rows, columns, end, b.p_turned, columns);
    pair_block_rows(b.dp, rows, columns, end, b.ds_turned, columns);
    pair_block_rows(b.query, rows, width, width, b.query_turned, width);
    pair_block_rows(b.dout, rows, width, width, b.dout_turned, width);
    const TileProduct transposed{end, width, pairs, 1, columns, width, width, true};
    tile_product(transposed, b.p_turned, b.dout_turned, b.dv);
    tile_product(transposed, b.ds_turned, b.query_turned, b.dk);
}

/// Backward of one task, as attention_backward_task.
inline void attention_backward_bf16_task(const AttentionInput& in, const AttentionGradient& g,
                                         AttentionTask task, AttentionScratch scratch) {
    const AttentionShape& s = in.shape;
    const AttentionBf16Buffers b(s, task.length, scratch);
    attention_bf16_prepare(in, task, b);
    for (Index begin = 0; begin < task.length; begin += query_block) {
        const Index end = std::min(begin + query_block, task.length);
        for (Index h = task.head * s.group(); h < (task.head + 1) * s.group(); ++h)
            attention_bf16_block(in, g, task, h, begin, end, b);
    }
    copy_head_gradients(s, task, b.dk, b.dv, g);
}

}  // namespace gppo
