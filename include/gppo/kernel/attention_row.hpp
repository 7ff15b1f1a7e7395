// SPDX-License-Identifier: Apache-2.0
//
// Causal attention, one team a row. Forward is one query of one head with the running softmax of
// Milakov and Gimelshein 2018 (arXiv 1805.02867). Backward is one query (dq), or one key with every
// query that sees it (dk, dv), so each output has one writer and one order: no atomics.
//
//   p_j = e^(s_j - lse), s_j = scale q . k_j    dp_j = dout . v_j    ds_j = scale p_j (dp_j - mean)
//   out = sum p_j v_j    mean = sum p_j dp_j    dq = sum ds_j k_j    dk_j, dv_j = sums over queries
//
// The mean is taken from dp and not, as FlashAttention does (arXiv 2307.08691), from the output,
// which is rounded in another order: so ds sums to zero, and a query that sees one key has no
// gradient. Rows are worked through in chunks, for which a team has `scratch`.
#pragma once

#include <gppo/core/math.hpp>
#include <gppo/core/rows.hpp>
#include <gppo/kernel/team.hpp>

namespace gppo {

/// Keys, or queries, that a team works on together; scratch has two floats for each.
inline constexpr Index attention_chunk = 256;

GPPO_HD inline float attention_dot(const float* a, const float* b, Index width) {
    float sum = 0.0f;
    for (Index d = 0; d < width; ++d) sum += a[d] * b[d];
    return sum;
}

/// One query against keys [0, count), the last of which is its own. Returns the log-sum-exp.
template <Team X>
GPPO_HD float attention_row(X team, float scale, View<const float> q /* (d) */, Index count,
                            Rows<const float> keys, Rows<const float> values,
                            View<float> scratch /* (2 attention_chunk) */,
                            View<float> out /* (d) */) {
    float max = -__builtin_huge_valf(), sum = 0.0f;
    team.for_each(out.size, [=](Index d) { out[d] = 0.0f; });
    for (Index first = 0; first < count; first += attention_chunk) {
        const Index n = math::min(attention_chunk, count - first);
        team.for_each(n, [=](Index j) {
            scratch[j] = scale * attention_dot(q.data, keys[first + j], q.size);
        });
        const float top = math::max(max, team.max(n, [=](Index j) { return scratch[j]; }));
        const float shrink = first == 0 ? 0.0f : math::exp(max - top);
        team.for_each(n, [=](Index j) { scratch[j] = math::exp(scratch[j] - top); });
        sum = sum * shrink + team.sum(n, [=](Index j) { return scratch[j]; });
        team.for_each(out.size, [=](Index d) {
            float total = out[d] * shrink;
            for (Index j = 0; j < n; ++j) total += scratch[j] * values[first + j][d];
            out[d] = total;
        });
        max = top;
    }
    const float inverse = 1.0f / sum;
    team.for_each(out.size, [=](Index d) { out[d] *= inverse; });
    return max + math::log(sum);
}

/// Chunk [first, first + n) of a row: p to scratch [0, n), dp to [attention_chunk, …). Place j is
/// the pair (q_of(j), k_of(j)) of pointers, and so are the two of dp.
template <Team X, class F>
GPPO_HD void attention_chunk_backward(X team, float scale, Index width, Index n,
                                      View<float> scratch, F pair) {
    team.for_each(n, [=](Index j) {
        const auto at = pair(j);
        scratch[j] = scale * attention_dot(at.q, at.k, width);
        scratch[attention_chunk + j] = attention_dot(at.dout, at.v, width);
    });
    team.for_each(n, [=](Index j) { scratch[j] = math::exp(scratch[j] - pair(j).lse); });
}

/// What meets in one place of the matrix of scores.
struct AttentionPair {
    const float *q, *k, *v, *dout;
    float lse;
};

/// Gradient of one query; returns the mean of dp, which the keys' gradients need.
template <Team X>
GPPO_HD float attention_query_backward(X team, float scale, View<const float> q /* (d) */,
                                       const float* dout /* (d) */, float lse, Index count,
                                       Rows<const float> keys, Rows<const float> values,
                                       View<float> scratch /* (2 attention_chunk) */,
                                       View<float> dq /* (d) */) {
    float mean = 0.0f;
    const auto chunk = [=](Index first, Index n) {
        attention_chunk_backward(team, scale, q.size, n, scratch, [=](Index j) {
            return AttentionPair{q.data, keys[first + j], values[first + j], dout, lse};
        });
    };
    for (Index first = 0; first < count; first += attention_chunk) {
        const Index n = math::min(attention_chunk, count - first);
        chunk(first, n);
        mean += team.sum(n, [=](Index j) { return scratch[j] * scratch[attention_chunk + j]; });
    }
    team.for_each(dq.size, [=](Index d) { dq[d] = 0.0f; });
    for (Index first = 0; first < count; first += attention_chunk) {
        const Index n = math::min(attention_chunk, count - first);
        if (count > attention_chunk) chunk(first, n);  // else they are there still
        team.for_each(dq.size, [=](Index d) {
            float total = dq[d];
            for (Index j = 0; j < n; ++j)
                total +=
                    scratch[j] * (scratch[attention_chunk + j] - mean) * scale * keys[first + j][d];
            dq[d] = total;
        });
    }
    return mean;
}

/// What a head's queries are, for the keys they see: row i is query i of the sequence.
struct AttentionQueries {
    Index count;                  // in the sequence
    Rows<const float> q, dout;    // (count, d)
    Rows<const float> lse, mean;  // (count, 1)
};

/// Adds to the gradients of key `j` and its value what the queries of one head make of them.
template <Team X>
GPPO_HD void attention_key_backward(X team, float scale, const AttentionQueries& in, Index j,
                                    const float* k /* (d) */, const float* v /* (d) */,
                                    View<float> scratch /* (2 attention_chunk) */,
                                    View<float> dk /* (d) */, View<float> dv /* (d) */) {
    const Rows<const float> q = in.q, dout = in.dout, lse = in.lse, mean = in.mean;
    for (Index first = j; first < in.count; first += attention_chunk) {
        const Index n = math::min(attention_chunk, in.count - first);
        attention_chunk_backward(team, scale, dk.size, n, scratch, [=](Index i) {
            return AttentionPair{q[first + i], k, v, dout[first + i], lse[first + i][0]};
        });
        team.for_each(dk.size, [=](Index d) {
            float key = dk[d], value = dv[d];
            for (Index i = 0; i < n; ++i) {
                const float p = scratch[i];
                const float ds = p * (scratch[attention_chunk + i] - mean[first + i][0]) * scale;
                key += ds * q[first + i][d];
                value += p * dout[first + i][d];
            }
            dk[d] = key, dv[d] = value;
        });
    }
}

}  // namespace gppo
