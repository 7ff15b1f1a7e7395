// SPDX-License-Identifier: Apache-2.0
//
// What the rows of Qwen3 outside its layers do, for `for_rows` of any backend: pointers and numbers
// by value.
#pragma once

#include <gppo/backend/factor.hpp>
#include <gppo/core/math.hpp>
#include <gppo/kernel/embedding.hpp>
#include <gppo/kernel/rms_norm.hpp>
#include <gppo/model/layer_rows.hpp>

#include <cstdint>

namespace gppo {

/// A chunk of zeros.
struct ZeroChunk {
    static constexpr Index chunk = 16384;
    View<float> out;

    template <class Team>
    GPPO_HD void operator()(Team team, Index n) const {
        float* const from = out.data + n * chunk;
        team.for_each(math::min(chunk, out.size - n * chunk), [=](Index i) { from[i] = 0.0f; });
    }
};

/// out = the embeddings of the tokens.
struct EmbedRow {
    Index width;
    Factor table;                     // (V, D)
    View<const std::int32_t> tokens;  // (T)
    float* out;                       // (T, D)

    template <class Team>
    GPPO_HD void operator()(Team team, Index t) const {
        const View<float> row{out + t * width, width};
        if (!table.is_bf16()) return embedding(team, {table.floats(), 0}, tokens[t], row);
        const std::uint16_t* const from = table.halves() + tokens[t] * width;
        team.for_each(width, [=](Index i) { row[i] = bf16_to_float(from[i]); });
    }
};

/// The target rows of x, kept as they are and normalised.
struct GatherRow {
    Index width;
    float eps;
    View<const Index> rows;        // (N)
    const float *x, *weight;       // (T, D), (D)
    float *hidden, *kept, *scale;  // (N, D), (N, D), (N)

    template <class Team>
    GPPO_HD void operator()(Team team, Index n) const {
        const View<float> row{kept + n * width, width};
        embedding(team, {x, 0}, rows[n], row);
        const float r =
            rms_norm(team, row, {weight, width}, eps, View<float>{hidden + n * width, width});
        float* const to = scale + n;
        team.for_each(1, [=](Index) { *to = r; });
    }
};

/// y = rms_norm of row `rows[n]` of x, or of row n where `rows` is empty: y may be x there.
struct NormaliseOnlyRow {
    Index width;
    float eps;
    View<const Index> rows;   // (N) or empty
    const float *x, *weight;  // (T, D), (D)
    float* y;                 // (N, D)

    template <class Team>
    GPPO_HD void operator()(Team team, Index n) const {
        const Index from = rows.empty() ? n : rows[n];
        rms_norm(team, {x + from * width, width}, {weight, width}, eps,
                 View<float>{y + n * width, width});
    }
};

/// A head of q or k of qkv, in place: norm, then rope. count = T heads.
struct RotateHeadInPlace {
    static constexpr bool narrow = true;
    RotatedHeads in;
    float eps;
    float* qkv;  // (T, stride)

    template <class Team>
    GPPO_HD void rotate(Team team, Index t, Index h) const {
        const Index position = in.positions[t];
        const View<float> head{qkv + t * in.stride + h * in.head_dim, in.head_dim};
        rms_norm(team, head, in.norm(h), eps, head);
        rope(team, in.angles.cosines(position), in.angles.sines(position), head);
    }
    template <class Team>
    GPPO_HD void operator()(Team team, Index n) const {
        rotate(team, n / in.heads, n % in.heads);
    }
};

/// A loop of the form that RotateRow has, with its roundings.
using RotateInPlaceRow = EveryHead<RotateHeadInPlace>;

/// Back through GatherRow: adds to the target rows of dx, and a block's share to `partial`.
struct GatherBackwardBlock {
    Index width, each;                             // each: rows of a block
    View<const Index> rows;                        // (N)
    const float *dhidden, *kept, *weight, *scale;  // (N, D), (N, D), (D), (N)
    float *dx, *partial;                           // (T, D), (blocks, D)

    template <class Team>
    GPPO_HD void operator()(Team team, Index block) const {
        const Index d = width;
        const View<float> dw{partial + block * d, d};
        team.for_each(d, [=](Index i) { dw[i] = 0.0f; });
        const Index end = math::min((block + 1) * each, rows.size);
        for (Index n = block * each; n < end; ++n)
            rms_norm_backward(team, {dhidden + n * d, d}, {kept + n * d, d}, {weight, d}, scale[n],
                              true, View<float>{dx + rows[n] * d, d}, dw);
    }
};

/// Sums dx by token, occurrences in packed order.
struct EmbedBackwardRow {
    Index width;
    const std::int32_t *first, *places;  // (V + 1), (T)
    View<const float> dx;                // (T, D)
    float* dtable;                       // (V, D)

    template <class Team>
    GPPO_HD void operator()(Team team, Index id) const {
        embedding_backward(team, {places + first[id], first[id + 1] - first[id]}, dx,
                           View<float>{dtable + id * width, width});
    }
};

}  // namespace gppo
