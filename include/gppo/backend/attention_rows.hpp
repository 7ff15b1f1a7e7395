// SPDX-License-Identifier: Apache-2.0
//
// Attention of kernel/attention_row.hpp for `for_rows` of any backend: each row takes every
// `teams`-th of all (token, head), with scratch of its own.
#pragma once

#include <gppo/backend/backend.hpp>
#include <gppo/core/sequence_of.hpp>
#include <gppo/kernel/attention_row.hpp>

namespace gppo {

/// What all three have: rows [0, count) for `teams` teams.
struct AttentionWork {
    AttentionInput in;
    Index count, teams;
    float* scratch;  // (teams, 2 attention_chunk)

    /// The first token of token t's sequence.
    GPPO_HD Index first_of(Index t) const { return in.offsets[sequence_of(in.offsets, t)]; }
    GPPO_HD View<float> scratch_of(Index team) const {
        return {scratch + team * 2 * attention_chunk, 2 * attention_chunk};
    }
    /// Columns of a query head, and of the key/value head that it reads.
    GPPO_HD Index column(Index head) const { return head * in.shape.head_dim; }
    GPPO_HD Index key_column(Index head) const {
        return head / in.shape.group() * in.shape.head_dim;
    }
};

/// Rows from `first` on, from a column on.
template <class T>
GPPO_HD constexpr Rows<T> from(Rows<T> rows, Index first, Index column) {
    return {rows[first] + column, rows.stride};
}

/// count = T heads.
struct AttentionForward {
    AttentionWork work;
    Rows<float> out;  // (T, heads, head_dim)
    float* lse;       // (T, heads)

    template <class Team>
    GPPO_HD void operator()(Team team, Index which) const {
        const AttentionShape& s = work.in.shape;
        for (Index n = which; n < work.count; n += work.teams) {
            const Index t = n / s.heads, h = n % s.heads;
            const Index first = work.first_of(t), key = work.key_column(h);
            float* const kept = lse + n;
            const float sums = attention_row(
                team, s.scale, {work.in.q[t] + work.column(h), s.head_dim}, t - first + 1,
                from(work.in.k, first, key), from(work.in.v, first, key), work.scratch_of(which),
                View<float>{out[t] + work.column(h), s.head_dim});
            team.for_each(1, [=](Index) { *kept = sums; });
        }
    }
};

/// count = T heads. Before the keys' gradients.
struct AttentionQueryBackward {
    AttentionWork work;
    const float* lse;        // (T, heads)
    Rows<const float> dout;  // (T, heads, head_dim)
    Rows<float> dq;          // as q; overwritten
    float* mean;             // (T, heads)

    template <class Team>
    GPPO_HD void operator()(Team team, Index which) const {
        const AttentionShape& s = work.in.shape;
        for (Index n = which; n < work.count; n += work.teams) {
            const Index t = n / s.heads, h = n % s.heads;
            const Index first = work.first_of(t), key = work.key_column(h);
            float* const kept = mean + n;
            const float found = attention_query_backward(
                team, s.scale, {work.in.q[t] + work.column(h), s.head_dim},
                dout[t] + work.column(h), lse[n], t - first + 1, from(work.in.k, first, key),
                from(work.in.v, first, key), work.scratch_of(which),
                View<float>{dq[t] + work.column(h), s.head_dim});
            team.for_each(1, [=](Index) { *kept = found; });
        }
    }
};

/// count = T kv_heads.
struct AttentionKeyBackward {
    AttentionWork work;
    const float *lse, *mean;  // (T, heads)
    Rows<const float> dout;   // (T, heads, head_dim)
    Rows<float> dk, dv;       // as k, v; overwritten

    template <class Team>
    GPPO_HD void operator()(Team team, Index which) const {
        const AttentionShape& s = work.in.shape;
        for (Index n = which; n < work.count; n += work.teams) {
            const Index t = n / s.kv_heads, column = n % s.kv_heads * s.head_dim;
            const Index b = sequence_of(work.in.offsets, t);
            const Index first = work.in.offsets[b], end = work.in.offsets[b + 1];
            const View<float> to_k{dk[t] + column, s.head_dim}, to_v{dv[t] + column, s.head_dim};
            team.for_each(s.head_dim, [=](Index d) { to_k[d] = 0.0f, to_v[d] = 0.0f; });
            for (Index h = n % s.kv_heads * s.group(); h < (n % s.kv_heads + 1) * s.group(); ++h) {
                const Index statistics = first * s.heads + h;
                attention_key_backward(team, s.scale,
                                       AttentionQueries{end - first,
                                                        from(work.in.q, first, work.column(h)),
                                                        from(dout, first, work.column(h)),
                                                        {lse + statistics, s.heads},
                                                        {mean + statistics, s.heads}},
                                       t - first, work.in.k[t] + column, work.in.v[t] + column,
                                       work.scratch_of(which), to_k, to_v);
            }
        }
    }
};

}  // namespace gppo
