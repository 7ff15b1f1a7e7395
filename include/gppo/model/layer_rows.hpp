// SPDX-License-Identifier: Apache-2.0
//
// What the rows of a decoder layer do, for `for_rows` of any backend: pointers and numbers by
// value. Letters as in model/parameters.hpp.
#pragma once

#include <gppo/core/math.hpp>
#include <gppo/kernel/rms_norm.hpp>
#include <gppo/kernel/sum.hpp>
#include <gppo/kernel/swiglu.hpp>
#include <gppo/model/rope_table.hpp>

#include <cstdint>

namespace gppo {

/// Rows that share one partial sum of a norm's weight gradient: fixed, so threads do not matter. On
/// a device blocks go side by side, so there are more of them.
constexpr Index norm_block(bool on_host) {
    return on_host ? 64 : 16;
}

/// Blocks of norm_block() rows.
constexpr Index norm_blocks(Index rows, bool on_host) {
    return (rows + norm_block(on_host) - 1) / norm_block(on_host);
}

/// A chunk of `out` += the rows of `partial` (blocks, width), columns [first, first + out.size).
struct AddPartials {
    static constexpr Index chunk = 64;
    View<const float> partial;
    Index width, first;
    View<float> out;

    template <class Team>
    GPPO_HD void operator()(Team team, Index n) const {
        const Index begin = n * chunk, count = math::min(chunk, out.size - begin);
        add_rows(team, partial, width, first + begin, out.slice(begin, count));
    }
};

/// The same by a team for each column, its members side by side along the rows.
struct AddColumn {
    View<const float> partial;
    Index width, first;
    View<float> out;

    template <class Team>
    GPPO_HD void operator()(Team team, Index n) const {
        const float* const column = partial.data + first + n;
        const Index stride = width;
        const float sum =
            team.sum(partial.size / width, [=](Index row) { return column[row * stride]; });
        float* const to = out.data + n;
        team.for_each(1, [=](Index) { *to += sum; });
    }
};

/// y = rms_norm(x), and a copy of x to `residual`.
struct NormaliseRow {
    Index width;
    float eps;
    const float *x, *weight;  // (T, D), (D)
    float *y, *scale;         // (T, D), (T)
    float* residual;          // (T, D)

    template <class Team>
    GPPO_HD void operator()(Team team, Index t) const {
        const View<const float> row{x + t * width, width};
        const float r = rms_norm(team, row, View<const float>{weight, width}, eps,
                                 View<float>{y + t * width, width});
        float *const copy = residual + t * width, *const kept = scale + t;
        team.for_each(width, [=](Index i) { copy[i] = row[i]; });
        team.for_each(1, [=](Index) { *kept = r; });
    }
};

/// Adds the gradient that came through a norm to dx, and a block's share to `partial`.
struct NormaliseBackwardBlock {
    Index tokens, width, each;             // each: tokens of a block
    const float *dy, *x, *weight, *scale;  // (T, D), (T, D), (D), (T)
    float *dx, *partial;                   // (T, D), (blocks, D)

    template <class Team>
    GPPO_HD void operator()(Team team, Index block) const {
        const Index d = width;
        const View<float> dw{partial + block * d, d};
        team.for_each(d, [=](Index i) { dw[i] = 0.0f; });
        const Index end = math::min((block + 1) * each, tokens);
        for (Index t = block * each; t < end; ++t)
            rms_norm_backward(team, {dy + t * d, d}, {x + t * d, d}, {weight, d}, scale[t], true,
                              View<float>{dx + t * d, d}, dw);
    }
};

/// Where the heads of q and k lie, and what turns them.
struct RotatedHeads {
    Index queries, heads, head_dim;  // H, H + K, d
    Index stride;                    // of a token in qkv
    const float *q_norm, *k_norm;    // (d)
    const float* qkv;                // (T, stride)        before norm and rope
    View<const std::int32_t> positions;
    RopeAngles angles;

    GPPO_HD View<const float> norm(Index h) const {
        return {h < queries ? q_norm : k_norm, head_dim};
    }
    GPPO_HD View<const float> head(Index t, Index h) const {
        return {qkv + t * stride + h * head_dim, head_dim};
    }
};

/// rotated = rope(norm(q and k of qkv)), a head of a token. count = T (H + K).
struct RotateHead {
    static constexpr bool narrow = true;
    RotatedHeads in;
    float eps;
    float *rotated, *scale;  // (T, (H + K) d), (T, H + K)

    template <class Team>
    GPPO_HD void rotate(Team team, Index t, Index h) const {
        const Index d = in.head_dim;
        const View<float> y{rotated + (t * in.heads + h) * d, d};
        float* const kept = scale + t * in.heads + h;
        const float r = rms_norm(team, in.head(t, h), in.norm(h), eps, y);
        rope(team, in.angles.cosines(in.positions[t]), in.angles.sines(in.positions[t]), y);
        team.for_each(1, [=](Index) { *kept = r; });
    }
    template <class Team>
    GPPO_HD void operator()(Team team, Index n) const {
        rotate(team, n / in.heads, n % in.heads);
    }
};

/// All heads of a token by one team.
template <class Head>
struct EveryHead {
    Head each;

    template <class Team>
    GPPO_HD void operator()(Team team, Index t) const {
        for (Index h = 0; h < each.in.heads; ++h) each.rotate(team, t, h);
    }
};
using RotateRow = EveryHead<RotateHead>;

/// dqkv: gradients of rotated q and k -> gradients of qkv, in place; a block's share of a norm's
/// weights is added to `dw`.
struct RotateBackward {
    static constexpr Index block = 64;  // tokens that share a partial sum
    RotatedHeads in;
    Index tokens;
    const float* scale;  // (T, H + K)
    float* dqkv;         // (T, stride)

    template <class Team>
    GPPO_HD void back(Team team, Index t, Index h, View<float> dw /* (d) */) const {
        const Index d = in.head_dim;
        const View<float> dx{dqkv + t * in.stride + h * d, d};
        rope_backward(team, in.angles.cosines(in.positions[t]), in.angles.sines(in.positions[t]),
                      dx);
        rms_norm_backward(team, dx, in.head(t, h), in.norm(h), scale[t * in.heads + h], false, dx,
                          dw);
    }
    GPPO_HD static constexpr Index blocks(Index count) { return (count + block - 1) / block; }
};

/// Of all heads, whose shares are partial (blocks, 2 d): of the norm of q, and that of k.
struct RotateBackwardBlock {
    RotateBackward each;
    float* partial;  // (blocks, 2 d)

    template <class Team>
    GPPO_HD void operator()(Team team, Index n) const {
        const Index d = each.in.head_dim;
        const View<float> dw{partial + n * 2 * d, 2 * d};
        team.for_each(2 * d, [=](Index i) { dw[i] = 0.0f; });
        const Index end = math::min((n + 1) * RotateBackward::block, each.tokens);
        for (Index t = n * RotateBackward::block; t < end; ++t)
            for (Index h = 0; h < each.in.heads; ++h)
                each.back(team, t, h, dw.slice(h < each.in.queries ? 0 : d, d));
    }
};

/// Of one head in one block of tokens. count = (H + K) blocks.
struct RotateBackwardHead {
    static constexpr bool narrow = true;
    RotateBackward each;
    float* partial;  // (H + K, blocks, d)

    template <class Team>
    GPPO_HD void operator()(Team team, Index n) const {
        const Index blocks = RotateBackward::blocks(each.tokens), d = each.in.head_dim;
        const View<float> dw{partial + n * d, d};
        team.for_each(d, [=](Index i) { dw[i] = 0.0f; });
        const Index first = n % blocks * RotateBackward::block;
        const Index end = math::min(first + RotateBackward::block, each.tokens);
        for (Index t = first; t < end; ++t) each.back(team, t, n / blocks, dw);
    }
};

/// inner = silu(gate) up.
struct SwigluRow {
    Index width;     // F
    float* gate_up;  // (T, 2 F)
    float* inner;    // (T, F)

    template <class Team>
    GPPO_HD void operator()(Team team, Index t) const {
        const View<const float> row{gate_up + t * 2 * width, 2 * width};
        swiglu(team, row.slice(0, width), row.slice(width, width),
               View<float>{inner + t * width, width});
    }
};

/// gate_up becomes its gradient, and inner, its gradient, the output of SwiGLU again.
struct SwigluBackwardRow {
    Index width;
    float *gate_up, *inner;

    template <class Team>
    GPPO_HD void operator()(Team team, Index t) const {
        const View<float> row{gate_up + t * 2 * width, 2 * width};
        swiglu_backward(team, row.slice(0, width), row.slice(width, width),
                        View<float>{inner + t * width, width});
    }
};

}  // namespace gppo
