// SPDX-License-Identifier: Apache-2.0
//
// Causal grouped-query attention over packed sequences on the CPU. One task is one sequence and one
// key/value head, worked through in blocks of queries (as FlashAttention-2, arXiv 2307.08691):
// forward over spans of positions, backward over whole rows of scores, query_block x length floats
// a thread, never length^2. Decoding adds up in the same order, to the same bits. Backward
// recomputes the probabilities from the log-sum-exp. Tasks write disjoint outputs in a fixed order,
// so the result does not depend on threads.
#pragma once

#include <gppo/backend/backend.hpp>
#include <gppo/backend/cpu/tile.hpp>
#include <gppo/core/math.hpp>
#include <gppo/kernel/team.hpp>

#include <algorithm>
#include <limits>

namespace gppo {

inline constexpr Index query_block = 16;      ///< queries worked on together
inline constexpr Index attention_span = 256;  ///< positions between two rescalings of the softmax
static_assert(attention_span % query_block == 0);

/// What one task may use; `size` floats, cut from the front by `take`.
struct AttentionScratch {
    float* next;
    float* take(Index count) {
        float* const here = next;
        next += padded(count);
        return here;
    }
    /// Floats that one task of forward and backward needs for sequences up to `length`.
    static Index size(const AttentionShape& s, Index length) {
        const Index width = padded(s.head_dim), keys = padded(length);
        return 2 * s.head_dim * keys + 4 * keys * width +
               2 * query_block * std::max(keys, attention_span) + 3 * query_block * width +
               16 * lane;
    }
};

/// One (sequence, key/value head): where its rows start and how long it is.
struct AttentionTask {
    Index first = 0, length = 0, head = 0;
};

/// rows (count, width) of head columns -> out, each row padded with zeros to padded(width).
inline void copy_padded(Rows<const float> from, Index first, Index column, Index count, Index width,
                        float* out) {
    const Index stride = padded(width);
    for (Index i = 0; i < count; ++i) {
        std::copy_n(from[first + i] + column, width, out + i * stride);
        std::fill_n(out + i * stride + width, stride - width, 0.0f);
    }
}

/// The same head columns transposed: out (width, padded(count)), zero beyond count.
inline void copy_transposed(Rows<const float> from, Index first, Index column, Index count,
                            Index width, float* out) {
    const Index stride = padded(count);
    for (Index d = 0; d < width; ++d) std::fill_n(out + d * stride + count, stride - count, 0.0f);
    for (Index i = 0; i < count; ++i) {
        const float* row = from[first + i] + column;
        for (Index d = 0; d < width; ++d) out[d * stride + i] = row[d];
    }
}

/// What softmax has seen of a row: all e^(score - max) of earlier spans sum to `sum`.
struct RunningSoftmax {
    float max = -std::numeric_limits<float>::infinity();
    float sum = 0.0f;

    float log_sum_exp() const { return max + math::log(sum); }
};

/// Scores of positions [0, count) of a span -> e^(score - max), zero on [count, total); returns the
/// factor by which sums over earlier spans shrink (Milakov and Gimelshein 2018, arXiv 1805.02867).
/// Loops run over whole vectors: a scalar rest of a dozen exponentials would cost more than the
/// row. Training and decoding must round alike, so this is one function, compiled once.
[[gnu::noinline]] inline float softmax_span(RunningSoftmax& state, float scale, Index count,
                                            Index total, float* row) {
    constexpr SerialTeam team;
    const Index whole = padded(count);
    std::fill(row + count, row + whole, row[count - 1]);
    const float max =
        math::max(state.max, team.max(whole, [=](Index j) { return row[j]; }) * scale);
    team.for_each(whole, [=](Index j) { row[j] = math::exp(row[j] * scale - max); });
    std::fill(row + count, row + math::max(whole, total), 0.0f);
    const float shrink = state.sum > 0.0f ? math::exp(state.max - max) : 0.0f;
    state.sum = state.sum * shrink + team.sum(whole, [=](Index j) { return row[j]; });
    state.max = max;
    return shrink;
}

/// Forward of queries [begin, end) of one query head: sums of values, not yet divided, in `result`
/// (end - begin, padded(head_dim)).
inline void attention_forward_block(const AttentionInput& in, AttentionTask task, Index h,
                                    Index begin, Index end, const float* kt, const float* values,
                                    float* scores, float* result, RunningSoftmax* states) {
    const AttentionShape& s = in.shape;
    const Index width = padded(s.head_dim), keys = padded(task.length), rows = end - begin;
    std::fill_n(result, rows * width, 0.0f);
    for (Index first = 0; first < end; first += attention_span) {
        const Index count = std::min(attention_span, end - first);
        tile_product({rows, padded(count), s.head_dim, in.q.stride, 1, keys, attention_span},
                     in.q[task.first + begin] + h * s.head_dim, kt + first, scores);
        for (Index i = 0; i < rows; ++i) {
            const float shrink =
                softmax_span(states[i], s.scale, std::min(count, begin + i + 1 - first), count,
                             scores + i * attention_span);
            if (first == 0 || shrink == 1.0f) continue;
            float* const row = result + i * width;
            SerialTeam{}.for_each(width, [=](Index d) { row[d] *= shrink; });
        }
        tile_product({rows, width, count, attention_span, 1, width, width, true}, scores,
                     values + first * width, result);
    }
}

/// Forward of one task: out (T, heads, head_dim), lse (T, heads).
inline void attention_forward_task(const AttentionInput& in, AttentionTask task, Rows<float> out,
                                   View<float> lse, AttentionScratch scratch) {
    const AttentionShape& s = in.shape;
    const Index width = padded(s.head_dim), keys = padded(task.length), group = s.group();
    float* const kt = scratch.take(s.head_dim * keys);
    float* const values = scratch.take(task.length * width);
    float* const scores = scratch.take(query_block * attention_span);
    float* const result = scratch.take(query_block * width);
    copy_transposed(in.k, task.first, task.head * s.head_dim, task.length, s.head_dim, kt);
    copy_padded(in.v, task.first, task.head * s.head_dim, task.length, s.head_dim, values);
    for (Index begin = 0; begin < task.length; begin += query_block) {
        const Index end = std::min(begin + query_block, task.length);
        for (Index h = task.head * group; h < (task.head + 1) * group; ++h) {
            RunningSoftmax states[query_block];
            attention_forward_block(in, task, h, begin, end, kt, values, scores, result, states);
            for (Index i = 0; i < end - begin; ++i) {
                lse[(task.first + begin + i) * s.heads + h] = states[i].log_sum_exp();
                const float inverse = 1.0f / states[i].sum;
                for (Index d = 0; d < s.head_dim; ++d)
                    out[task.first + begin + i][h * s.head_dim + d] =
                        result[i * width + d] * inverse;
            }
        }
    }
}

/// One query's row of the backward pass: scores -> p, dp -> ds, both zero on [count, total). ds
/// sums to zero, as it does in exact arithmetic: the mean of dp is taken from dp itself and not, as
/// FlashAttention does, from the output, which is rounded in another order. A query that sees one
/// key then has no gradient at all.
inline void attention_softmax_backward(float scale, float lse, Index count, Index total, float* p,
                                       float* dp) {
    constexpr SerialTeam team;
    team.for_each(padded(count), [=](Index j) { p[j] = math::exp(p[j] * scale - lse); });
    const Index end = math::max(padded(count), total);
    std::fill(p + count, p + end, 0.0f);
    const float mean = team.sum(padded(count), [=](Index j) { return p[j] * dp[j]; });
    team.for_each(padded(count), [=](Index j) { dp[j] = p[j] * (dp[j] - mean) * scale; });
    std::fill(dp + count, dp + end, 0.0f);
}

/// What the backward pass reads and writes besides the inputs of forward.
struct AttentionGradient {
    View<const float> lse;   // (T, heads)               from forward
    Rows<const float> dout;  // (T, heads, head_dim)
    Rows<float> dq, dk, dv;  // as q, k, v; overwritten
};

/// Buffers of one task of the backward pass.
struct AttentionTaskBuffers {
    float *kt, *vt, *keys, *dk, *dv, *p, *dp, *query, *dout, *dq;

    AttentionTaskBuffers(const AttentionShape& s, Index length, AttentionScratch scratch) {
        const Index width = padded(s.head_dim), columns = padded(length);
        for (float** side : {&kt, &vt}) *side = scratch.take(s.head_dim * columns);
        for (float** side : {&keys, &dk, &dv}) *side = scratch.take(length * width);
        for (float** side : {&p, &dp}) *side = scratch.take(query_block * columns);
        for (float** side : {&query, &dout, &dq}) *side = scratch.take(query_block * width);
        std::fill_n(dk, length * width, 0.0f);
        std::fill_n(dv, length * width, 0.0f);
    }
};

/// Backward of queries [begin, end) of one query head.
inline void attention_backward_block(const AttentionInput& in, const AttentionGradient& g,
                                     AttentionTask task, Index h, Index begin, Index end,
                                     const AttentionTaskBuffers& b) {
    const AttentionShape& s = in.shape;
    const Index width = padded(s.head_dim), columns = padded(task.length), rows = end - begin;
    const Index first = task.first + begin, column = h * s.head_dim;
    copy_padded(in.q, first, column, rows, s.head_dim, b.query);
    copy_padded(g.dout, first, column, rows, s.head_dim, b.dout);
    const TileProduct score{rows, padded(end), s.head_dim, width, 1, columns, columns};
    tile_product(score, b.query, b.kt, b.p);
    tile_product(score, b.dout, b.vt, b.dp);
    for (Index i = 0; i < rows; ++i) {
        attention_softmax_backward(s.scale, g.lse[(first + i) * s.heads + h], begin + i + 1, end,
                                   b.p + i * columns, b.dp + i * columns);
    }
    tile_product({rows, width, end, columns, 1, width, width}, b.dp, b.keys, b.dq);
    for (Index i = 0; i < rows; ++i)
        std::copy_n(b.dq + i * width, s.head_dim, g.dq[first + i] + column);
    const TileProduct transposed{end, width, rows, 1, columns, width, width, true};
    tile_product(transposed, b.p, b.dout, b.dv);
    tile_product(transposed, b.dp, b.query, b.dk);
}

/// dk and dv (length, padded(head_dim)) of one key/value head to where they go.
inline void copy_head_gradients(const AttentionShape& s, AttentionTask task, const float* dk,
                                const float* dv, const AttentionGradient& g) {
    const Index width = padded(s.head_dim), column = task.head * s.head_dim;
    for (Index i = 0; i < task.length; ++i) {
        std::copy_n(dk + i * width, s.head_dim, g.dk[task.first + i] + column);
        std::copy_n(dv + i * width, s.head_dim, g.dv[task.first + i] + column);
    }
}

/// Backward of one task.
inline void attention_backward_task(const AttentionInput& in, const AttentionGradient& g,
                                    AttentionTask task, AttentionScratch scratch) {
    const AttentionShape& s = in.shape;
    const Index column = task.head * s.head_dim;
    const AttentionTaskBuffers b(s, task.length, scratch);
    copy_transposed(in.k, task.first, column, task.length, s.head_dim, b.kt);
    copy_transposed(in.v, task.first, column, task.length, s.head_dim, b.vt);
    copy_padded(in.k, task.first, column, task.length, s.head_dim, b.keys);
    for (Index begin = 0; begin < task.length; begin += query_block) {
        const Index end = std::min(begin + query_block, task.length);
        for (Index h = task.head * s.group(); h < (task.head + 1) * s.group(); ++h)
            attention_backward_block(in, g, task, h, begin, end, b);
    }
    copy_head_gradients(s, task, b.dk, b.dv, g);
}

}  // namespace gppo
